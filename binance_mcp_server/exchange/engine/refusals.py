"""What the engine refuses, in the venue's codes and words (errors.md, read 2026-11-24)."""


class RefusedError(Exception):
    """A request that changes nothing. *code* and *text* are the venue's; *reason* is the ``r`` of an execution
    report, where a refused order gets one."""

    def __init__(self, code: int, text: str, reason: str = "NONE") -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text
        self.reason = reason


FILTER = -1013
NEW_ORDER = -2010
CANCEL = -2011
NO_SUCH_ORDER = -2013
AMEND = -2038
CLIENT_ID = -2039


def filter_failure(name: str) -> RefusedError:
    """A filter of the symbol, the exchange or an asset says no."""
    return RefusedError(FILTER, f"Filter failure: {name}")


def insufficient_balance() -> RefusedError:
    text = "Account has insufficient balance for requested action."
    return RefusedError(NEW_ORDER, text, "INSUFFICIENT_BALANCES")


def would_match() -> RefusedError:
    text = "Order would immediately match and take."
    return RefusedError(NEW_ORDER, text, "WOULD_MATCH_IMMEDIATELY")


def would_trigger() -> RefusedError:
    text = "Order would trigger immediately."
    return RefusedError(NEW_ORDER, text, "STOP_PRICE_WOULD_TRIGGER_IMMEDIATELY")


def unknown_order(code: int = CANCEL) -> RefusedError:
    return RefusedError(code, "Unknown order sent.")


def no_such_order() -> RefusedError:
    """Of queries; cancellations have :func:`unknown_order`."""
    return RefusedError(NO_SUCH_ORDER, "Order does not exist.")


def wrong_client_id() -> RefusedError:
    """Both ids were given, and they are of two orders."""
    return RefusedError(CLIENT_ID, "Client order ID is not correct for this order ID.")


def duplicate(code: int = NEW_ORDER) -> RefusedError:
    return RefusedError(code, "Duplicate order sent.")


def market_closed(code: int) -> RefusedError:
    return RefusedError(code, "Market is closed.")


def bad_prices() -> RefusedError:
    text = "The relationship of the prices for the orders is not correct."
    return RefusedError(NEW_ORDER, text, "OCO_BAD_PRICES")
