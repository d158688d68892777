"""Orders and accounts on the wire: what signed requests ask for, and the venue's answers. REST and the WebSocket API
share all of it."""
