"""Long reads in turns, so that the others need not wait for them."""


class TurnOverError(Exception):
    """A read has made as much of the past as one turn allows. What was made is kept: asked again, it goes on."""
