"""Publishes the contracts as an AsyncAPI 3 document: run by `make asyncapi`, by no service."""
