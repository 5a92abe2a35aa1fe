"""Rows ↔ values of ingestion: whole chunks at a time, and rows do not leave."""
