"""The body of ``POST /__sim/faults`` → a plan, or a sentence that says what is allowed. Pure."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from binance_mcp_server.exchange.faults.kinds import KINDS as MARKET_KINDS
from binance_mcp_server.exchange.faults.kinds import Fault
from binance_mcp_server.exchange.faults.order_kinds import ORDER_KINDS

KINDS: dict[str, type[Fault]] = MARKET_KINDS | ORDER_KINDS
MOST_FAULTS = 100


class Plan(NamedTuple):
    """What shall go wrong."""

    seed: int = 1
    faults: Sequence[tuple[str, Fault]] = ()
    """Each with the name of its kind. Of two that are due for the same frame, the first strikes it."""


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    faults: list[dict[str, Any]]
    seed: int = 1


def read_plan(body: bytes) -> Plan:
    """Raises ``ValueError`` (msgspec's errors are some)."""
    said = msgspec.json.decode(body, type=_Body)
    if len(said.faults) > MOST_FAULTS:
        raise ValueError(f"at most {MOST_FAULTS} faults")
    return Plan(said.seed, [_fault(number, each) for number, each in enumerate(said.faults)])


def _fault(number: int, said: dict[str, Any]) -> tuple[str, Fault]:
    fields = dict(said)
    kind = fields.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"faults[{number}]: kind is one of {', '.join(KINDS)}")
    try:
        return kind, msgspec.convert(fields, KINDS[kind])
    except msgspec.ValidationError as error:
        allowed = ", ".join(field.name for field in msgspec.structs.fields(KINDS[kind]))
        raise ValueError(f"faults[{number}]: {error}; {kind} takes {allowed}") from None
