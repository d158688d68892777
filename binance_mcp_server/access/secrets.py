"""Values that never show themselves, where the owner's key is to be found, and to whom a key may be sent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from binance_mcp_server import venues
from binance_mcp_server.errors import SettingsError
from binance_mcp_server.venues import VenueName

SIM_KEY_PREFIX: Final = "SIM"
"""Keys that the embedded exchange issues begin so; they are useless, and refused, anywhere else."""


class Secret:
    """A value that never shows itself: not in ``repr``, not in ``str``, not in a log."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value, for the one place that needs it."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret(***)"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API key and what signs for it: a secret, or a private key in PEM."""

    api_key: Secret
    secret: Secret | None = None
    private_key: Secret | None = None
    passphrase: Secret | None = None
    """Of the private key, where that is encrypted."""


@dataclass(frozen=True, slots=True)
class KeySettings:
    """Where the owner's key is. Nothing is opened before it is needed."""

    api_key: Secret | None = None
    secret: Secret | None = None
    private_key_path: Path | None = None
    passphrase: Secret | None = None
    """Of the private key."""
    name: str = ""
    """Of an entry in the system's keyring, which then holds all of it; empty: the environment does."""

    @property
    def is_given(self) -> bool:
        """Whether the owner named a key at all."""
        return bool(self.api_key or self.name)

    @property
    def is_complete(self) -> bool:
        """Whether there is something to sign with."""
        signs = bool(self.secret) or self.private_key_path is not None
        return bool(self.name) or (bool(self.api_key) and signs)


def read_keys(env: Mapping[str, str], name: str | None) -> KeySettings:
    """The owner's key as *env* says it; *name* (a flag) wins over ``BINANCE_MCP_KEY``.

    Raises ``SettingsError`` where it is said twice.
    """
    api_key, secret = _text(env, "BINANCE_API_KEY"), _text(env, "BINANCE_API_SECRET")
    path = _text(env, "BINANCE_PRIVATE_KEY_PATH")
    entry = (name or "").strip() or _text(env, "BINANCE_MCP_KEY")
    if entry and api_key:
        raise SettingsError(
            "there are two keys: BINANCE_API_KEY, and an entry of the keyring",
            advice="Unset BINANCE_API_KEY, or leave out --key and BINANCE_MCP_KEY.",
        )
    if secret and path:
        raise SettingsError(
            "there are two ways to sign: BINANCE_API_SECRET and BINANCE_PRIVATE_KEY_PATH",
            advice="Unset the one that does not belong to BINANCE_API_KEY.",
        )
    return KeySettings(
        api_key=Secret(api_key) if api_key else None,
        secret=Secret(secret) if secret else None,
        private_key_path=Path(path).expanduser() if path else None,
        passphrase=_secret(env, "BINANCE_PRIVATE_KEY_PASSPHRASE"),
        name=entry,
    )


def _text(env: Mapping[str, str], name: str) -> str:
    return env.get(name, "").strip()


def _secret(env: Mapping[str, str], name: str) -> Secret | None:
    """As it is: blanks may belong to a passphrase."""
    value = env.get(name, "")
    return Secret(value) if value else None


def check_place(key: str, venue: VenueName, urls: Iterable[str], *, what: str) -> None:
    """A key goes only where it was issued for: to none of the other addresses, not even for another product.

    *urls* are all addresses that could see it, *what* is how the owner knows it. Raises ``SettingsError``.
    """
    places = {venues.is_loopback(url) for url in urls} or {venue == "sim"}
    simulated = key.startswith(SIM_KEY_PREFIX)
    if simulated and False in places:
        raise SettingsError(
            f"{what} is a key of the embedded exchange, but the venue is {venue!r}",
            advice=f"Leave out {what}, or use --venue sim.",
        )
    if True in places and not simulated:
        raise SettingsError(
            f"{what} is not a key of the embedded exchange, but the venue is on this machine",
            advice=f"A real key must not be sent to a simulator: leave out {what}"
            " (market data needs none), or choose the venue that issued it.",
        )
