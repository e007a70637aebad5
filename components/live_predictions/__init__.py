"""LivePredictions: what the live model answers on the rows of a span, by day.

`executor.py` scores the rows; `perennial/drift/predictions.py` has the form of what it writes.
"""
