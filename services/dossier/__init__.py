"""Holds each person's parcours, folded from what every source has said."""
