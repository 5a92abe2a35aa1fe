"""Rows ↔ values of identity: whole chunks at a time, traits sealed, and rows do not leave."""
