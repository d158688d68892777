"""``keys``: API keys in the system's keyring, so that none has to stand in an environment or a file.

A key is never an argument of a command: processes of others could read it. It is typed where it does not show, or comes
on stdin, a line each.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from getpass import getpass
from pathlib import Path
from typing import Final

from binance_mcp_server.access import key_store
from binance_mcp_server.access.credentials import Credentials, load, read_private_key
from binance_mcp_server.access.key_rights import describe, objections
from binance_mcp_server.access.key_store import KeyStore
from binance_mcp_server.access.secrets import Secret, check_place
from binance_mcp_server.access.signing import make_signer
from binance_mcp_server.errors import InputError, SettingsError
from binance_mcp_server.settings import Settings, addresses, load_settings

_LONGEST: Final = 512
"""Characters of a key or a secret."""


def keys(options: argparse.Namespace) -> int:
    """Add, list, remove or check; returns the exit code."""
    match options.action:
        case "add":
            return _add(options)
        case "remove":
            return _remove(options)
        case "check":
            return asyncio.run(_check(options))
        case _:
            return _list(options)


def _settings(options: argparse.Namespace, **more: object) -> Settings:
    return load_settings({"venue": getattr(options, "venue", None), **more})


def _folder(settings: Settings) -> Path:
    if settings.state_dir is None:
        raise SettingsError("there is no state directory", advice="Set BINANCE_MCP_STATE_DIR.")
    return settings.state_dir


def _add(options: argparse.Namespace) -> int:
    """Ask for the key and its secret, see that they can sign, and keep them."""
    name = options.name
    key_store.check_name(name)
    settings = _settings(options)
    credentials = _asked(options.private_key)
    key = credentials.api_key.reveal()
    check_place(key, settings.venue, addresses(settings.hosts), what=f"key {name!r}")
    kind = make_signer(credentials).kind
    KeyStore().write(name, settings.venue, credentials)
    folder = _folder(settings)
    index = key_store.read_index(folder)
    index[name] = {"venue": settings.venue, "signs_with": kind}
    key_store.write_index(folder, index)
    sys.stdout.write(
        f"Key {name} of venue {settings.venue} ({kind}) is in the keyring.\n"
        f"Use it: --key {name}, or BINANCE_MCP_KEY={name}. See what it may do:"
        f" mcp-server-binance keys check {name} --venue {settings.venue}\n"
    )
    return 0


def _asked(private_key: Path | None) -> Credentials:
    api_key = _line("API key: ")
    if private_key is None:
        return Credentials(api_key, secret=_line("Secret: "))
    pem = read_private_key(private_key.expanduser())
    encrypted = "ENCRYPTED" in pem.reveal()
    passphrase = _line("Passphrase: ") if encrypted else None
    return Credentials(api_key, private_key=pem, passphrase=passphrase)


def _line(prompt: str) -> Secret:
    """A line that does not show, or the next one of stdin."""
    asked = getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline(_LONGEST + 2)
    text = asked.rstrip("\r\n")
    if not text or len(text) > _LONGEST or not text.isprintable():
        raise InputError(
            f"{prompt.rstrip(': ')} is empty, too long, or not one line of text",
            advice="Paste it at the prompt, or give it on stdin: the key, then the secret, a line each.",
        )
    return Secret(text)


def _list(options: argparse.Namespace) -> int:
    index = key_store.read_index(_folder(_settings(options)))
    for name, facts in sorted(index.items()):
        sys.stdout.write(f"{name}  {facts.get('venue')}  {facts.get('signs_with')}\n")
    if not index:
        sys.stdout.write("No key was added yet: mcp-server-binance keys add NAME --venue VENUE\n")
    return 0


def _remove(options: argparse.Namespace) -> int:
    folder = _folder(_settings(options))
    there = KeyStore().remove(options.name)
    index = key_store.read_index(folder)
    if index.pop(options.name, None) is not None:
        key_store.write_index(folder, index)
        there = True
    sys.stdout.write(
        f"Key {options.name} is {'gone' if there else 'not there'}."
        f"{' It still works on Binance: delete it there too.' if there else ''}\n"
    )
    return 0 if there else 1


async def _check(options: argparse.Namespace) -> int:
    """Ask the venue what the key may do; returns 1 when this server would not trade with it."""
    settings = _settings(options, key=options.name)
    credentials = load(settings.keys, settings.venue, addresses(settings.hosts))
    if credentials is None:
        raise SettingsError(
            "there is no key to check",
            advice="Name one of the keyring, or set BINANCE_API_KEY and what signs for it.",
        )
    lines, able = await _asked_of_venue(settings, credentials)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0 if able else 1


async def _asked_of_venue(
    settings: Settings, credentials: Credentials
) -> tuple[Sequence[str], bool]:
    from binance_mcp_server.access.pools import Ledgers
    from binance_mcp_server.binance_api.client import BinanceApi
    from binance_mcp_server.binance_api.endpoints_account import account
    from binance_mcp_server.binance_api.key_check import KeyCheck
    from binance_mcp_server.binance_api.signed import SignedApi
    from binance_mcp_server.clock import SystemClock

    clock = SystemClock()
    ledgers = Ledgers(clock, settings.state_dir)
    shared = ledgers.of("spot", settings.spot.rest)
    api = BinanceApi(settings.spot, ledger=shared.ledger, clock=clock)
    try:
        orders = shared.orders(credentials.api_key.reveal())
        line = SignedApi(api, credentials, orders=orders)
        its = (await line.send(account())).data
        rights = await KeyCheck(line, settings.venue).rights()
    finally:
        await api.close()
        ledgers.close()
    lines = [
        f"venue: {settings.label}",
        f"signs with: {line.signer.kind}",
        f"account: {its.account_type}, {'may' if its.can_trade else 'may not'} trade",
        f"the key may: {', '.join(describe(rights)) if rights else 'the venue does not tell'}",
    ]
    against = objections(rights, settings.venue)
    for each in against:
        lines += [f"not traded with: {each.text}", f"  {each.advice}"]
    return lines, not against
