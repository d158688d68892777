"""What needs both wings, REST and streams: live order books, and waiting until something happens."""
