"""Where a market comes from. Every source has one interface: bytes in, market out."""
