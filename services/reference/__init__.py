"""Identifiers and nomenclatures of the trade: codes, labels, validity. Pure."""
