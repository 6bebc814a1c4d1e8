"""A PDF on disk -> a complete v2 result, with no key and no network (extra: local)."""
