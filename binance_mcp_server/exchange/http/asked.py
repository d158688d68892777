"""What spot's REST interfaces read of a request before anything else, and how they refuse it."""

from starlette.types import Scope

from binance_mcp_server.exchange.http.answers import Answer, header, json_answer
from binance_mcp_server.exchange.wire import errors
from binance_mcp_server.exchange.wire.errors import VenueError
from binance_mcp_server.exchange.wire.params import parse_query

LOCAL = "127.0.0.1"
FORM = b"application/x-www-form-urlencoded"
SCALES = {b"": 1, b"MILLISECOND": 1, b"millisecond": 1, b"MICROSECOND": 1000, b"microsecond": 1000}


def ip_of(scope: Scope) -> str:
    client: tuple[str, int] | None = scope.get("client")
    return client[0] if client else LOCAL


def read_params(scope: Scope, body: bytes = b"") -> tuple[dict[str, str], VenueError | None]:
    """The parameters of the query and of a form in the body; where both have one, the query's counts. Or what is wrong
    with them: a malformed query costs weight too."""
    try:
        in_query = parse_query(scope["query_string"])
        if not body:
            return in_query, None
        kind = header(scope, b"content-type").lower()
        if kind and not kind.startswith(FORM):
            return in_query, None
        return parse_query(body) | in_query, None
    except VenueError as error:
        return {}, error


def scale_of(scope: Scope) -> int:
    """The time units to a millisecond that are asked for. Raises -1194, and -1155 to who wants no JSON."""
    scale = SCALES.get(header(scope, b"x-mbx-time-unit"))
    if scale is None:
        raise errors.bad_time_unit()
    if header(scope, b"accept").startswith(b"application/sbe"):
        raise errors.no_sbe()
    return scale


def refusal(error: VenueError) -> Answer:
    answer = json_answer(error.status, error.body())
    if error.retry_after is not None:
        answer.headers.append((b"retry-after", str(error.retry_after).encode()))
    return answer
