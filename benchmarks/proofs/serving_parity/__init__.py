"""A server's scores against training's."""
