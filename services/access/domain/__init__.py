"""Values and decisions of access: no database, no broker, no clock."""
