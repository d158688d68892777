"""The venue's WebSocket API: requests and replies over a socket on the REST port, and user data."""
