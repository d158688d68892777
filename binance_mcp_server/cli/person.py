"""A word that only a person at a terminal can give: a program that runs commands for an agent is refused."""

import sys

from binance_mcp_server.errors import InputError


def must_be_here(what: str) -> None:
    """Raises ``InputError`` unless a terminal is at stdin."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise InputError(
            f"{what} needs a person at a terminal",
            advice="Type the command in a terminal yourself.",
        )


def types(question: str, word: str) -> bool:
    """Whether the person answers *question* with exactly *word*."""
    sys.stdout.write(f"{question} Type {word} to go on: ")
    sys.stdout.flush()
    return sys.stdin.readline().strip() == word
