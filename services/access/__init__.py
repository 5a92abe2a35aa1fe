"""Says who may read what, why and until when, and keeps the journal of it."""
