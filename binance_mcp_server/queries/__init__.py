"""The stateful read side: what is remembered, shared and paged, and where a number came from."""
