"""How a signed request is turned away.

Codes and words: errors.md, read 2026-11-24. The status 401 of -2015 is web-socket-api.md's; the live REST interface
sends -2014 with it too. -1131 is of CHANGELOG.md, 2019-08-15, its words as clients received them (issue 432 of
python-binance); errors.md of today has no code for this case.
"""

from binance_mcp_server.exchange.wire.errors import VenueError


def bad_key_format() -> VenueError:
    return VenueError(-2014, "API-key format invalid.", status=401)


def rejected_key() -> VenueError:
    return VenueError(-2015, "Invalid API-key, IP, or permissions for action.", status=401)


def bad_signature() -> VenueError:
    return VenueError(-1022, "Signature for this request is not valid.")


def too_late() -> VenueError:
    return VenueError(-1021, "Timestamp for this request is outside of the recvWindow.")


def too_early() -> VenueError:
    return VenueError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")


def window_too_long() -> VenueError:
    return VenueError(-1131, "'recvWindow' must be less than 60000.")


def too_precise(name: str) -> VenueError:
    return VenueError(-1111, f"Parameter '{name}' has too much precision.")
