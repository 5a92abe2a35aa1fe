"""The published language: what may be said on the wire. Schemas and names, no behaviour."""
