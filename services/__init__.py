"""The hub: five services, what they share, and the two programs that people run."""
