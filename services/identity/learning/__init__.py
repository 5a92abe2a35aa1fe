"""Learns the model from records nobody has labelled. Run apart: the service reads the file it leaves."""
