"""Private servers and processes of one checkout: for trying and testing, never for production."""
