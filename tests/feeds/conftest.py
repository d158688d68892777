"""A made-up venue for each test, and a look at what is left of it afterwards."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.feeds.world import World, world


@pytest.fixture
async def spot() -> AsyncIterator[World]:
    made = world()
    yield made
    await made.books.close()
    await made.settle()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert not [task for task in others if "book_feed" in repr(task)]
