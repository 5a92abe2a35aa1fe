"""Consolidated figures that betray nobody."""
