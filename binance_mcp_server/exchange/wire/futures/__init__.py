"""The REST interfaces of USDⓈ-M (``/fapi``) and COIN-M (``/dapi``) futures: two dialects of one language.

Restated from "Market Data" of both products as the official connector has it (binance/binance-connector-python of
2026-08-21, read 2026-11-24), from "Error Codes" of both, from the bodies and headers of 2026-07 in the recordings that
the tests use, and, where the documents are silent, from what others measured at the live venue in 2026-09 and 2026-10.
"""
