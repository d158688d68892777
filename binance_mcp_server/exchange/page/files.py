"""The page's files as answers. They name nothing outside of the exchange, and may not reach it either."""

from functools import cache
from importlib.resources import files

from binance_mcp_server.exchange.http.answers import Answer

_TYPES = {
    "index.html": b"text/html; charset=utf-8",
    "page.css": b"text/css; charset=utf-8",
    "page.js": b"text/javascript; charset=utf-8",
}
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page_answer(path: str, *, wanted: bool) -> Answer | None:
    """What is at *path* below ``/__sim``; ``None`` when it is no file of the page. *wanted*: a page is asked for, so
    that ``/__sim`` itself leads there; programs get JSON."""
    if path == "" and wanted:
        return Answer(308, b"", [(b"location", b"/__sim/")])
    name = "index.html" if path == "/" else path.removeprefix("/")
    if name not in _TYPES:
        return None
    headers = [
        (b"content-type", _TYPES[name]),
        (b"content-security-policy", _POLICY),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cache-control", b"no-store"),
    ]
    return Answer(200, _read(name), headers)


@cache
def _read(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()
