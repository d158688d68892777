"""What tools may do on the account, and how much of it is used, as flat facts."""

from binance_mcp_server.access.key_rights import WITHOUT_SAPI
from binance_mcp_server.commands.views import account as view
from binance_mcp_server.commands.views import limits
from binance_mcp_server.errors import BinanceMcpError
from binance_mcp_server.market.times import format_time
from binance_mcp_server.mcp_support.tables import Facts
from binance_mcp_server.services import Services


async def read(services: Services) -> Facts:
    """Rights of the key, use of the venue's order limits; where trading is on, the owner's limits and their use."""
    queries = await services.account.queries()
    counts = await queries.unfilled()
    facts: Facts = {
        "venue": services.venue,
        "as_of": format_time(services.product("spot").venue_now_ms() // 1000 * 1000),
        **(
            await _trading(services)
            if services.settings.trading
            else {"trading": "off: not enabled"}
        ),
        **view.unfilled(counts),
        **await _key(services),
    }
    return {name: value for name, value in facts.items() if value is not None}


async def _trading(services: Services) -> Facts:
    trading = services.trading
    about: Facts = {"orders_over": services.settings.order_way}
    if services.account.is_play_money:
        about["money"] = "play money"
    try:
        desk = await trading.desk()
        usage = await desk.usage()
    except BinanceMcpError as error:  # what is wrong is what is asked here
        return {
            **limits.policy(trading.policy),
            **about,
            "error": error.message,
            "do": error.advice,
        }
    return {
        **limits.policy(desk.policy),
        **limits.used(usage.state, desk.policy, services.clock.now_ms()),
        **limits.kill_switch(usage.engaged),
        **limits.unsettled(usage.unsettled),
        **limits.at_start(trading.reconciliation),
        **about,
    }


async def _key(services: Services) -> Facts:
    """What the venue says of the key; why it is not known where it says nothing."""
    if services.settings.venue in WITHOUT_SAPI:
        return {"key_may": f"{services.settings.venue} does not say"}
    queries = await services.account.queries()
    try:
        return view.key((await queries.restrictions()).data)
    except BinanceMcpError as error:
        return {"key_may": f"not known: {error.message}"}
