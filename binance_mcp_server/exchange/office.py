"""Where signed requests are carried out, on whichever way they came.

REST and the WebSocket API share one office. For a request they

1. charge ``operation.weight_before(params)`` to the IP,
2. call :meth:`Office.authenticate` (a WebSocket session that has logged on only has its times checked),
3. make a ``Query`` of the parameters, and call :meth:`Office.perform`,
4. charge ``operation.weight_after(params, body)``, with ``None`` for a refusal.

2 and 3 raise :class:`~.wire.errors.VenueError`; 3 may raise :class:`~.faults.orders.NoAnswerError`: nothing shall be
answered.
"""

from collections.abc import Callable, Sequence

from binance_mcp_server.exchange.accounts.checks import authenticate
from binance_mcp_server.exchange.accounts.keys import Key, KeyRing
from binance_mcp_server.exchange.accounts.signatures import Signed
from binance_mcp_server.exchange.clock import Clock
from binance_mcp_server.exchange.engine.account import Account
from binance_mcp_server.exchange.engine.refusals import RefusedError
from binance_mcp_server.exchange.faults.order_kinds import Via
from binance_mcp_server.exchange.faults.orders import Asked
from binance_mcp_server.exchange.faults.switch import Faults
from binance_mcp_server.exchange.wire.params import Query
from binance_mcp_server.exchange.wire.trading.call import Operation, SignedCall
from binance_mcp_server.exchange.wire.trading.refusals import of_engine
from binance_mcp_server.exchange.wire.trading.view import UnfilledView, VenueView
from binance_mcp_server.exchange.wire.view import MarketView


def _nothing() -> None:
    pass


class Office:
    """*moved* is called after every operation that may have changed orders, whether it was answered or not."""

    def __init__(
        self,
        venue: VenueView,
        keys: KeyRing,
        unfilled: UnfilledView,
        market: MarketView,
        clock: Clock,
        *,
        faults: Faults | None = None,
        moved: Callable[[], None] = _nothing,
    ) -> None:
        self.venue = venue
        self.keys = keys
        self.unfilled = unfilled
        self._market = market
        self._clock = clock
        self._faults = faults or Faults()
        self._moved = moved

    def clocks(self) -> Sequence[int]:
        """What the venue says the time is, and the machine's: a timestamp may fit either (ms)."""
        return self._market.now_ms(), self._clock.now_ms()

    def authenticate(
        self,
        api_key: str | None,
        signed: Signed,
        *,
        timestamp: str | None,
        recv_window: str | None,
        security: str,
        ip: str,
    ) -> Key:
        """The key that a signed request speaks with."""
        key, _ = authenticate(
            self.keys,
            api_key,
            signed,
            timestamp=timestamp,
            recv_window=recv_window,
            security=security,
            ip=ip,
            clocks=self.clocks(),
        )
        return key

    def perform(
        self, operation: Operation, name: str, via: Via, account: Account, query: Query, scale: int
    ) -> object:
        """The answer's body. *name*: of the operation in the WebSocket API; *scale*: time units to a millisecond."""

        def act(seen: VenueView) -> object:
            body = operation.answer(self._call(seen, account, query, scale))
            query.finish()
            return body

        asked = Asked(name, via, account.name)
        try:
            return self._faults.orders.run(asked, self.venue, self._clock.monotonic(), act)
        except RefusedError as refused:
            raise of_engine(refused) from None
        finally:
            if operation.security == "TRADE":
                self._moved()

    def _call(self, venue: VenueView, account: Account, query: Query, scale: int) -> SignedCall:
        now, machine_now = self.clocks()
        return SignedCall(
            venue, account, query, scale, now, machine_now, self._market, self.unfilled
        )
