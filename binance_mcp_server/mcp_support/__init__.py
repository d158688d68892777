"""What FastMCP lacks: one form of error, table replies with a budget, cursors. The only user of its private names."""
