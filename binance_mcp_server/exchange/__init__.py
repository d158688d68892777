"""The embedded exchange: Binance's own protocol on loopback.

It imports nothing from the client rooms. Both sides restate the wire from Binance's documents on their own,
so that a mistake in one of them shows up as a disagreement instead of hiding in shared code.
"""
