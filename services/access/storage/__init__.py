"""Rows ↔ values of access: whole chunks at a time, and rows do not leave."""
