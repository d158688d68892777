"""What signed requests are refused with, beside the errors that all requests share.

Codes and texts: errors.md and rest-api.md, read 2026-11-24. What errors.md leaves open is worded as the live venue
words it in public reports: the legal ranges, ``Invalid quantity.`` for a 0.
"""

from binance_mcp_server.exchange.engine.refusals import FILTER, RefusedError
from binance_mcp_server.exchange.engine.unfilled import TooManyOrdersError
from binance_mcp_server.exchange.wire.errors import VenueError

DECIMAL_RANGE = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
CLIENT_ID_RANGE = "^[a-zA-Z0-9-_]{1,36}$"


class DetailedError(VenueError):
    """A refusal that says in ``data`` what became of its parts."""

    def __init__(
        self,
        code: int,
        message: str,
        data: dict[str, object],
        *,
        status: int = 400,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(code, message, status=status, retry_after=retry_after)
        self.data = data

    def body(self) -> dict[str, object]:
        return {**super().body(), "data": self.data}


def of_engine(refused: RefusedError) -> VenueError:
    """The engine's refusal on the wire."""
    if isinstance(refused, TooManyOrdersError):
        return VenueError(refused.code, refused.text, status=429, retry_after=refused.retry_after)
    return VenueError(refused.code, refused.text)


def not_positive(name: str) -> VenueError:
    """A quantity or price of 0; *name* as in the text."""
    return VenueError(FILTER, f"Invalid {name}.")


def too_precise(name: str) -> VenueError:
    return VenueError(-1111, f"Parameter '{name}' has too much precision.")


def not_required(name: str) -> VenueError:
    return VenueError(-1106, f"Parameter '{name}' sent when not required.")


def too_great(name: str, maximum: int) -> VenueError:
    return VenueError(
        -1102, f"'{name}' contains unexpected value. Cannot be greater than {maximum}."
    )


def bad_composition() -> VenueError:
    return VenueError(-1014, "Unsupported order combination.")


def bad_time_in_force() -> VenueError:
    return VenueError(-1115, "Invalid timeInForce.")


def bad_order_type() -> VenueError:
    return VenueError(-1116, "Invalid orderType.")


def bad_side() -> VenueError:
    return VenueError(-1117, "Invalid side.")


def too_many_hours(hours: int) -> VenueError:
    return VenueError(-1127, f"More than {hours} hours between startTime and endTime.")


def incomplete(*names: str) -> VenueError:
    fields = ", ".join(names)
    return VenueError(-1128, f"Fields [{fields}] must be sent together or omitted entirely.")


def bad_strategy_type() -> VenueError:
    return VenueError(-1134, "strategyType was less than 1000000.")


def bad_cancel_restrictions() -> VenueError:
    return VenueError(-1145, "Invalid cancelRestrictions")


def bad_peg() -> VenueError:
    return VenueError(-1210, "Invalid pegPriceType.")


def bad_peg_offset() -> VenueError:
    return VenueError(-1211, "Invalid pegOffsetType.")


# --- order lists


def bad_type_in_list() -> VenueError:
    return VenueError(-1158, "Order type not supported in OCO.")


def iceberg_needs_gtc(iceberg: str, time_in_force: str) -> VenueError:
    return VenueError(
        -1160, f"Parameter '{iceberg}' is not supported if {time_in_force} is not GTC."
    )


def buy_limit_above() -> VenueError:
    return VenueError(-1165, "A limit order in a buy OCO must be below.")


def sell_limit_below() -> VenueError:
    return VenueError(-1166, "A limit order in a sell OCO must be above.")


def two_limits() -> VenueError:
    return VenueError(-1168, "At least one OCO order must be contingent.")


def buy_stop_loss_below() -> VenueError:
    return VenueError(-1196, "A stop loss order in a buy OCO must be above.")


def sell_stop_loss_above() -> VenueError:
    return VenueError(-1197, "A stop loss order in a sell OCO must be below.")


def buy_take_profit_above() -> VenueError:
    return VenueError(-1198, "A take profit order in a buy OCO must be below.")


def sell_take_profit_below() -> VenueError:
    return VenueError(-1199, "A take profit order in a sell OCO must be above.")


def working_must_buy() -> VenueError:
    return VenueError(-1222, "Working order in an OPO list must be a bid.")


def pending_must_sell() -> VenueError:
    return VenueError(-1223, "Pending orders in an OPO list must be asks.")


def pending_not_required(name: str) -> VenueError:
    return VenueError(-1225, f"Pending orders should not include the '{name}' tag.")


def archived() -> VenueError:
    """CHANGELOG.md, 2023-03-13 and 2025-08-12."""
    return VenueError(
        -2026,
        "Order was canceled or expired with no executed qty over 90 days ago and has been archived.",
    )
