"""Changes of the served version, and broken versions, under load."""
