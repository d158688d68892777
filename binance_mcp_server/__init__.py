"""Binance for agents: an MCP server, and an embedded exchange that speaks Binance's own protocol."""

__version__ = "0.1.0"
