"""The same work by the chain of TFX's template and by ours."""
