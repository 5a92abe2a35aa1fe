"""What a partner installs to speak with the hub: pika and plain data."""
