"""Client ids that the venue makes for who sends none: 22 letters and digits, as the live venue's. From one seed."""

from binance_mcp_server.exchange.engine.dice import Dice

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS = tuple(one + two for one in _ALPHABET for two in _ALPHABET)
_LENGTH = 11  # pairs


class Names:
    """A stream of names that do not repeat."""

    def __init__(self, seed: int) -> None:
        self._words = Dice(seed, "client ids").words

    def new(self) -> str:
        words = self._words(_LENGTH + 1)[:_LENGTH]
        return "".join([_PAIRS[word % len(_PAIRS)] for word in words])
