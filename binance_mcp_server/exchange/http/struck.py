"""What armed faults do to one answer."""

from collections.abc import Sequence

from binance_mcp_server.exchange.faults.kinds import CutRest, OfRequests, RestDown, SlowRest
from binance_mcp_server.exchange.http.answers import Answer, html_answer


def delay_of(struck: Sequence[OfRequests]) -> int:
    """How much later it comes, ms."""
    return sum(fault.delay_ms for fault in struck if isinstance(fault, SlowRest))


def outage_of(struck: Sequence[OfRequests]) -> Answer | None:
    """The page that stands in its place, if one does."""
    for fault in struck:
        if isinstance(fault, RestDown):
            return html_answer(fault.status, f"{fault.status} Service Unavailable")
    return None


def cut_of(struck: Sequence[OfRequests], cut: int | None) -> int | None:
    """After how many bytes it ends, *cut* being what was asked for otherwise."""
    cuts = [fault.bytes for fault in struck if isinstance(fault, CutRest)]
    return min([*cuts, *([] if cut is None else [cut])], default=None)
