"""The networks of the use cases: `NAME.py` has `build_model`.

Nothing else is in this folder; what networks share is in `perennial/training/`.
"""
