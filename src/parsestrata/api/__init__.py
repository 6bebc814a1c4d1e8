"""The v2 contract as it travels."""
