"""Where a result comes from."""
