"""Decides which person a line speaks of; the only keeper of NIR and civil status."""
