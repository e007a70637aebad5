"""Every fault that a run has to survive, injected for real."""
