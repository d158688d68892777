"""How we are let in, for REST and WebSocket alike: one ledger of weight and orders, signing, credentials."""
