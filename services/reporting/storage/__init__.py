"""Rows ↔ values of reporting: whole chunks at a time, and rows do not leave."""
