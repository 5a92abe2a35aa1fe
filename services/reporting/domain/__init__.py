"""What is counted, and what may be told of it: no database, no broker, no clock."""
