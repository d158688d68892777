"""A symbol's rules as one flat object, for the tool and for the resource."""

from collections.abc import Sequence

from binance_mcp_server.commands.views import info
from binance_mcp_server.commands.views.base import provenance
from binance_mcp_server.errors import RegionError
from binance_mcp_server.mcp_support.tables import Facts
from binance_mcp_server.models.info import ExecutionRule
from binance_mcp_server.services import Services
from binance_mcp_server.venues import Market

EXECUTION_RULES = "/api/v3/executionRules"
MOST_BYTES = 4_000


async def read(services: Services, symbol: str, market: Market) -> Facts:
    """What orders on *symbol* must keep to, and what is not known of it (``partial``)."""
    answer = await services.product(market).symbols.get(symbol)
    facts = info.rules(answer.data, await _bands(services, answer.data.symbol, market))
    about = provenance(services.venue_of(market), answer, market)
    notes = [each["partial"] for each in (about, facts) if "partial" in each]
    if notes:
        about["partial"] = " ".join(notes)
    return info.within(facts | about, MOST_BYTES)


async def _bands(services: Services, symbol: str, market: Market) -> Sequence[ExecutionRule] | None:
    """Bands outside of which the symbol does not trade, which spot alone has; ``None`` where the venue is silent."""
    if market != "spot":
        return ()
    if EXECUTION_RULES in services.lacks(market):
        return None
    try:
        return (await services.product(market).execution_rules(symbol)).data
    except RegionError:  # the mirror, which serves the rest, does not have them
        return None
