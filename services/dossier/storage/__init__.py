"""Rows ↔ values of dossier: whole chunks at a time, and rows do not leave."""
