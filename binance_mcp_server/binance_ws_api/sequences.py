"""Which order a stream has. Pure."""

from typing import cast

from binance_mcp_server.binance_ws_api.candle_sequence import CandleSequence
from binance_mcp_server.binance_ws_api.id_sequence import IdSequence
from binance_mcp_server.binance_ws_api.kinds import Spec
from binance_mcp_server.binance_ws_api.sequence import Sequence
from binance_mcp_server.binance_ws_api.state_sequence import LooseSequence, RisingSequence
from binance_mcp_server.binance_ws_api.update_sequence import UpdateSequence
from binance_mcp_server.market.intervals import Interval


def sequence_for(spec: Spec) -> Sequence:
    """The order of the stream *spec*."""
    if spec.rule == "ids":
        return IdSequence(spec.marker, spec.symbol)
    if spec.rule == "updates":
        return UpdateSequence()
    if spec.rule == "candles":
        interval, _, _ = spec.interval.partition("@")
        return CandleSequence(cast("Interval", interval))
    if spec.rule == "rising":
        return RisingSequence(spec.marker)
    return LooseSequence()
