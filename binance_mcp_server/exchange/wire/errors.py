"""The venue's errors: a code, its words, and the HTTP status they travel with.

Codes and texts: errors.md, read 2026-11-22. The regular expressions in ``-1100`` and the duplicate's text are the
live venue's own, which differ from errors.md (see ``wire/params.py``).
"""


class VenueError(Exception):
    """A refusal in Binance's form: ``{"code": …, "msg": …}`` with an HTTP status."""

    def __init__(
        self, code: int, message: str, *, status: int = 400, retry_after: int | None = None
    ) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.status = status
        self.retry_after = retry_after
        """Seconds for the ``Retry-After`` header, where the venue sends one."""

    def body(self) -> dict[str, object]:
        """The JSON object that the venue answers with."""
        return {"code": self.code, "msg": self.message}


def illegal_characters(name: str, pattern: str) -> VenueError:
    return VenueError(
        -1100, f"Illegal characters found in parameter '{name}'; legal range is '{pattern}'."
    )


def undecodable() -> VenueError:
    return VenueError(-1100, "Illegal characters found in a parameter.")


def too_many(expected: int, received: int) -> VenueError:
    return VenueError(
        -1101, f"Too many parameters; expected '{expected}' and received '{received}'."
    )


def too_many_values(name: str, maximum: int) -> VenueError:
    return VenueError(
        -1101, f"Too many values sent for parameter '{name}', maximum allowed up to {maximum}."
    )


def duplicate(name: str) -> VenueError:
    return VenueError(-1101, f"Duplicate values for parameter '{name}'.")


def mandatory(name: str) -> VenueError:
    return VenueError(
        -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    )


def either(one: str, other: str) -> VenueError:
    return VenueError(-1102, f"Param '{one}' or '{other}' must be sent, but both were empty/null!")


def unread(read: int, sent: int) -> VenueError:
    return VenueError(
        -1104,
        f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{sent}'.",
    )


def empty(name: str) -> VenueError:
    return VenueError(-1105, f"Parameter '{name}' was empty.")


def overflow(name: str) -> VenueError:
    return VenueError(-1108, f"Parameter '{name}' overflowed.")


def bad_interval() -> VenueError:
    return VenueError(-1120, "Invalid interval.")


def bad_symbol() -> VenueError:
    return VenueError(-1121, "Invalid symbol.")


def bad_status() -> VenueError:
    return VenueError(-1122, "Invalid symbolStatus.")


def bad_combination() -> VenueError:
    return VenueError(-1128, "Combination of optional parameters invalid.")


def invalid(name: str) -> VenueError:
    return VenueError(-1130, f"Data sent for parameter '{name}' is not valid.")


def bad_ticker_type() -> VenueError:
    return VenueError(-1139, "Invalid ticker type.")


def duplicate_symbols() -> VenueError:
    return VenueError(-1151, "Symbol is present multiple times in the list.")


def bad_time_unit() -> VenueError:
    return VenueError(
        -1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND."
    )


def status_mismatch() -> VenueError:
    return VenueError(-1220, "The symbol's status does not match the requested symbolStatus.")


def no_reference_price() -> VenueError:
    return VenueError(-2043, "This symbol doesn't have a reference price.")


def no_sbe() -> VenueError:
    return VenueError(-1155, "SBE is not enabled.")


def unavailable() -> VenueError:
    """The market behind the venue has stopped: nothing that it would say is current."""
    return VenueError(
        -1001, "Internal error; unable to process your request. Please try again.", status=503
    )


def unknown() -> VenueError:
    return VenueError(-1000, "An unknown error occurred while processing the request.", status=500)


def too_much_weight(limit: int, retry_after: int) -> VenueError:
    return VenueError(
        -1003,
        f"Too much request weight used; current limit is {limit} request weight per 1 MINUTE. "
        "Please use WebSocket Streams for live updates to avoid polling the API.",
        status=429,
        retry_after=retry_after,
    )


def too_many_requests(limit: int, retry_after: int) -> VenueError:
    return VenueError(
        -1003,
        f"Too many requests; current limit is {limit} raw requests per 5 MINUTE. "
        "Please use WebSocket Streams for live updates to avoid polling the API.",
        status=429,
        retry_after=retry_after,
    )


def banned(until_ms: int, retry_after: int) -> VenueError:
    return VenueError(
        -1003,
        f"Way too much request weight used; IP banned until {until_ms}. "
        "Please use WebSocket Streams for live updates to avoid bans.",
        status=418,
        retry_after=retry_after,
    )
