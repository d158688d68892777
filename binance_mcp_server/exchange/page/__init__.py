"""The page at ``/__sim/``: what a person sees of the exchange, and can switch."""
