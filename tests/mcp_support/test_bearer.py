"""The owner's token, and no other, opens the door."""

import pytest

from binance_mcp_server.mcp_support.bearer import SharedToken

pytestmark = pytest.mark.anyio


async def test_the_token_is_let_in() -> None:
    access = await SharedToken("s3cret").verify_token("s3cret")
    assert access is not None
    assert access.client_id == "owner"


@pytest.mark.parametrize("token", ["", "s3cre", "s3crett", "S3CRET", "ключ", "s3cret\x00"])
async def test_another_token_is_not(token: str) -> None:
    assert await SharedToken("s3cret").verify_token(token) is None
