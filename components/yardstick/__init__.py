"""Yardstick: the better of scikit-learn's boosting and linear model, on the candidate's train and eval rows.

`encode.py` makes the numbers, `models.py` has the two models, `fit.py` fits and measures them.
"""
