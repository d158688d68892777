"""Binance's REST API: requests and decoding are pure, ``client`` does the only HTTP of ours."""
