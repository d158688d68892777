"""What can be wrong with recordings."""


class ReplayError(ValueError):
    """A file that cannot be replayed: says which, where in it, and what to do."""
