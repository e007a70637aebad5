"""What TFX's own template asks a user to write for flights: features and training."""
