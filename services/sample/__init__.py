"""A deterministic national sample of declarations, at any size."""
