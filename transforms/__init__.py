"""The features of the use cases: `NAME.py` has `preprocessing_fn`.

Nothing else is in this folder; what transforms share is `perennial/training/encoding.py`.
"""
