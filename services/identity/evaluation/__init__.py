"""Holds the online way against a file of which it is known whose each line is. Run apart from the service."""
