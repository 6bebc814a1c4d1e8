"""Items -> chunks."""
