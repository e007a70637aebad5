"""What hostile clients do to a running server."""
