"""Orders: what is meant, whether it may be, and that it happens once."""
