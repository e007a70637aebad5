"""`predict`: scores a table of any length with a published version, in the serving environment.

`predict.py` is the entrance; `perennial/reading/` reads rows, `serving/offline/predict.py` scores them.
"""
