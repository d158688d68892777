"""The command line: the only room that knows both the server and the exchange."""
