"""The models of Binance's own SDK as a second opinion on our bodies; tests are skipped where it is not installed."""

import importlib
import warnings
from typing import Any

import msgspec
import pytest

CONDITIONAL = frozenset(
    (
        *("icebergQty", "preventedMatchId", "preventedQuantity", "stopPrice", "strategyId"),
        *("strategyType", "trailingDelta", "trailingTime", "usedSor", "workingFloor"),
        *("pegPriceType", "pegOffsetType", "pegOffsetValue", "peggedPrice", "expiryReason"),
        *("preventedMatches", "tradeGroupId"),
    )
)
"""Fields of orders that not every model of an order has (rest-api.md "Conditional fields", faqs/stp_faq.md, read
2026-11-24)."""


def read(model: str, body: object) -> Any:
    """*body*, as JSON, read by the SDK's *model* (types are strict); fails on a field that the model does not have."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("binance_sdk_spot", exc_type=ImportError)
        models = importlib.import_module("binance_sdk_spot.rest_api.models")
    found = getattr(models, model).from_json(msgspec.json.encode(body).decode())
    unknown = set(getattr(found, "additional_properties", {})) - CONDITIONAL
    assert not unknown, f"{model} does not know {sorted(unknown)}"
    return found
