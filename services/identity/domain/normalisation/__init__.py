"""Reads the civil status as it is written into what can be compared. The rules that a trade expert may
want to change are the JSON tables beside these modules; `tests/identity/cases` shows what they do."""
