"""Rollback and forward under load, through the real commands and the real server."""
