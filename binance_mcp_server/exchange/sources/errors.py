"""What can be wrong with recordings, and with what another venue says."""


class ReplayError(ValueError):
    """A file that cannot be replayed: says which, where in it, and what to do."""


class ListingError(ValueError):
    """Another venue's symbols or candles that cannot be used: says why."""
