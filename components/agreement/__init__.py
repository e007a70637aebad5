"""Agreement: whether a refit model is what was judged, but for what the newest rows taught it.

`compare.py` compares scores; `executor.py` scores the rows.
"""
