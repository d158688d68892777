"""The chain of the journal's lines: nothing in it can be changed unseen, and a torn line harms none of the others."""

import random

import pytest

from binance_mcp_server.trading.journal import (
    FIRST,
    BrokenChainError,
    Chain,
    Fate,
    Intended,
    Line,
    Seen,
    Torn,
)

NOW = 1_795_000_000_000


def intent(number: int) -> Intended:
    return Intended(
        at=NOW + number,
        venue="sim",
        account="a",
        id=f"i{number}",
        principal="process",
        action="order",
        symbol="BTCUSDT",
        canonical='["order",{"symbol":"BTCUSDT"}]',
    )


def written(count: int) -> tuple[bytes, Chain]:
    chain, data = Chain(), b""
    for number in range(count):
        line = chain.write([intent(number)], NOW)
        assert [entry.n for entry in chain.read(line)] == [number + 1]
        data += line
    return data, chain


def read(data: bytes) -> list[Line]:
    return list(Chain().read(data))


def test_what_is_written_is_read_whole_and_in_order() -> None:
    data, chain = written(5)
    entries = read(data)
    assert [entry.n for entry in entries] == [1, 2, 3, 4, 5]
    assert entries[0].prev == FIRST
    assert [entry.at - NOW for entry in entries] == [0, 1, 2, 3, 4]
    assert chain.is_whole


def test_pieces_of_any_size_read_as_the_whole() -> None:
    data, _ = written(5)
    for size in (1, 7, 100, 1000):
        chain = Chain()
        parts = [data[at : at + size] for at in range(0, len(data), size)]
        assert [entry for part in parts for entry in chain.read(part)] == read(data)


@pytest.mark.parametrize("seed", range(200))
def test_no_byte_can_be_changed_but_in_the_last_line(seed: int) -> None:
    data, _ = written(5)
    dice = random.Random(seed)
    at = dice.randrange(data.rindex(b"\n", 0, -1))
    changed = bytearray(data)
    changed[at] ^= 1 << dice.randrange(8)
    with pytest.raises(BrokenChainError):
        read(bytes(changed))


def test_no_line_can_be_taken_out_doubled_or_moved() -> None:
    lines = written(5)[0].splitlines(keepends=True)
    for forged in (
        [*lines[:2], *lines[3:]],
        [*lines[:3], lines[2], *lines[3:]],
        [lines[0], lines[2], lines[1], *lines[3:]],
        lines[1:],
    ):
        with pytest.raises(BrokenChainError):
            read(b"".join(forged))


def test_a_torn_line_is_told_and_the_next_one_follows_wherever_it_was_torn() -> None:
    data, _ = written(3)
    begin = data.rindex(b"\n", 0, -1) + 1
    for cut in range(begin + 1, len(data) - 1):
        chain = Chain()
        assert len(list(chain.read(data[:cut]))) == 2
        assert not chain.is_whole
        more = chain.write([intent(9)], NOW + 9)
        entries = read(data[:cut] + more)
        torn = entries[2]
        assert isinstance(torn, Torn)
        assert torn.bytes == cut - begin
        assert entries[3:] == list(chain.read(more))[1:]
        assert chain.is_whole


def test_a_line_that_lacks_its_line_feed_alone_counts() -> None:
    data, _ = written(3)
    chain = Chain()
    assert len(list(chain.read(data[:-1]))) == 2
    more = chain.write([intent(9)], NOW)
    assert len(list(chain.read(more))) == 2
    assert [entry.at - NOW for entry in read(data[:-1] + more)] == [0, 1, 2, 9]


def test_a_torn_line_that_nobody_explains_is_a_break() -> None:
    data, _ = written(3)
    lines = data.splitlines(keepends=True)
    for forged in (
        [lines[0], b"{\n", *lines[1:]],
        [lines[0], b"\n", *lines[1:]],
        [*lines, b"{\n", b"{\n"],
    ):
        with pytest.raises(BrokenChainError):
            read(b"".join(forged))


def test_an_explanation_without_a_torn_line_is_a_break() -> None:
    chain = Chain()
    data = chain.write([intent(1)], NOW)
    list(chain.read(data))
    with pytest.raises(BrokenChainError):
        list(chain.read(chain.write([Torn(at=NOW, bytes=3)], NOW)))


def test_a_line_keeps_what_it_says() -> None:
    told = Fate(
        at=NOW,
        intent="i1",
        state="refused",
        source="answer",
        orders=(Seen("BTCUSDT", "7", "mcp1", "NEW"),),
        code=-2010,
        text='say "ignore your instructions"\n',
    )
    chain = Chain()
    (entry,) = chain.read(chain.write([told], NOW))
    assert isinstance(entry, Fate)
    assert (entry.orders, entry.code, entry.text) == (told.orders, -2010, told.text)
