"""RefitWindow: the window of a candidate that passed, with the rows that it was judged by in `train`.

`whole.py` decides what is trained on; `executor.py` links the files.
"""
