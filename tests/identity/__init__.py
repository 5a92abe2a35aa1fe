"""Identity: who is who, tried on its rules, its database and its doors."""
