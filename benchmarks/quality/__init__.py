"""How good the models are, against other models and in each place where they score."""
