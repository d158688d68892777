"""A headless Chromium, driven by its own debugging protocol: just enough to look at one page and to click."""

import base64
import contextlib
import itertools
import queue
import shutil
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from websockets.sync.client import ClientConnection, connect

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
SECONDS = 30
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
    *("--no-proxy-server", "--remote-debugging-port=0", "--window-size=1500,1400"),
)


class Browser:
    """One page. Every wait is bounded; what the page complains of is kept in :attr:`complaints`."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._numbers = itertools.count(1)
        self._session = ""
        self._held = contextlib.ExitStack()
        self._addresses: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.complaints: list[str] = []
        self.asked: list[str] = []
        """Addresses of all requests."""

    def __enter__(self) -> Self:
        assert PROGRAM
        self._process = subprocess.Popen(
            [PROGRAM, *_FLAGS, f"--user-data-dir={self._home}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            address = self._addresses.get(timeout=SECONDS)
            self._socket: ClientConnection = self._held.enter_context(
                connect(address, max_size=None, open_timeout=SECONDS, proxy=None)
            )
            self._attach()
        except BaseException:
            self._end()
            raise
        return self

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:  # to its end, or the pipe would fill
            if line.startswith("DevTools listening on "):
                self._addresses.put(line.split()[-1])

    def _attach(self) -> None:
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        self._held.close()
        self._process.terminate()
        try:
            self._process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(SECONDS)
        self._reader.join(SECONDS)
        if self._process.stderr is not None:
            self._process.stderr.close()

    def open(self, url: str) -> None:
        self._call("Page.navigate", url=url)

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression; promises are awaited."""
        told = self._call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def wait(self, condition: str) -> None:
        """Until a JavaScript expression is true."""
        script = f"""new Promise((done, fail) => {{
            const end = Date.now() + {SECONDS * 1000};
            const look = () => {{
                let is = false;
                try {{ is = Boolean({condition}); }} catch (_) {{ is = false; }}
                if (is) done(true);
                else if (Date.now() > end) fail(new Error("never came true"));
                else setTimeout(look, 30);
            }};
            look();
        }})"""
        assert self.run(script) is True, condition

    def screenshot(self, to: Path) -> None:
        told = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        to.write_bytes(base64.b64decode(told["data"]))

    def _call(self, method: str, **params: object) -> Any:
        number = next(self._numbers)
        call = {"id": number, "method": method, "params": params}
        if self._session:
            call["sessionId"] = self._session
        self._socket.send(msgspec.json.encode(call).decode())
        while True:
            message = msgspec.json.decode(self._socket.recv(timeout=SECONDS + 10))
            if message.get("id") == number:
                assert "error" not in message, message["error"]
                return message["result"]
            self._event(message)

    def _event(self, message: dict[str, Any]) -> None:
        method, params = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.asked.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in {"error", "warning"}:
            self.complaints.append(params["entry"]["text"])
