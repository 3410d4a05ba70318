"""Pages. Each view is a few lines: ask, act, show."""
