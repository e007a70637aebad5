"""The use cases: `NAME.yaml` is a use case's config, and `NAME.py` (optional) writes its past exports.

Nothing else is in this folder.
"""
