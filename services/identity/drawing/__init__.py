"""Draws what identity decided as SVG: values in, a text out. Needs `agora-hub[identity-learning]`."""
