"""Yardstick: scikit-learn's default gradient boosting on the candidate's train and eval rows.

`encode.py` makes its numbers, `fit.py` fits and measures it.
"""
