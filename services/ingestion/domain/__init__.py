"""What a line is, and what can be found in it. No database, no broker, no clock."""
