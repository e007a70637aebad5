"""Trains and exports any use case's model: from raw examples to a SavedModel that takes raw rows.

`trainer.py` has the Trainer's `run_fn`; `layers.py` and `encoding.py` are what use cases share.
"""
