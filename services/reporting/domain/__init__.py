"""What is counted, and what may be told of it. No database, no broker, no clock."""
