"""The mechanics every service stands on; no word of the trade inside."""
