"""Receives the partners' lots, checks every line, and answers for what became of each."""
