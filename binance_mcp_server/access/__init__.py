"""How we are let in, for REST and WebSocket alike: one ledger of weight, later signing and credentials."""
