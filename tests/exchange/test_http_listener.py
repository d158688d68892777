"""Ports: what is taken is said, and answers do not wait for Nagle."""

import asyncio
import socket

import pytest

from binance_mcp_server.exchange.http.listener import PortInUseError, reserve


def test_a_port_that_is_taken_is_said_with_a_way_out() -> None:
    with reserve(0, "--port", reuse=False) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError, match=f"cannot use port {port} .* --stream-port 0"):
            reserve(port, "--stream-port", reuse=False)


def test_of_two_that_start_at_the_same_moment_one_is_told() -> None:
    """Neither serves yet: the port is taken all the same."""
    with reserve(0, "--port", reuse=True) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError, match=f"cannot use port {port}"):
            reserve(port, "--port", reuse=True)


@pytest.mark.parametrize("port", [-1, 70_000])
def test_numbers_that_are_no_ports(port: int) -> None:
    with pytest.raises(PortInUseError, match="not a port"):
        reserve(port, "--port", reuse=True)


@pytest.mark.anyio
async def test_accepted_connections_send_at_once() -> None:
    """Header and body are two writes: with Nagle's algorithm each answer would take 40 ms more."""
    accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sock = writer.get_extra_info("socket")
        accepted.set_result(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()
        await writer.wait_closed()

    listening = reserve(0, "--port", reuse=True)
    async with await asyncio.start_server(serve, sock=listening):
        _reader, writer = await asyncio.open_connection(*listening.getsockname())
        assert await asyncio.wait_for(accepted, 10) == 1
        writer.close()
        await writer.wait_closed()
