"""Binance's WebSocket streams: what to ask for, how one follows another, connections, and the hub that keeps them."""
