"""Makes the model that identity ships with."""
