"""Who is who: comparable traits and decisions. No database, no broker, no clock."""
