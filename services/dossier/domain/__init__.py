"""What a parcours is, and how it follows from what was said. No database, no broker, no clock."""
