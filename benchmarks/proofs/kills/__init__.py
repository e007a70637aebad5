"""Three months of runs, killed at every moment."""
