"""The chain: a use case's config, how the nodes are wired, and one run from the lock to the verdict.

`config.py` reads what a user sets, `pipeline.py` wires the nodes, `run/` decides, `execution/` runs TFX.
"""
