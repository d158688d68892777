"""Who may speak for an account: keys, signatures, permissions, addresses, times."""
