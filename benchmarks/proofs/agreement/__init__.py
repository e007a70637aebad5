"""Whether all entry points read a cell alike, of every kind of column and by every setting.

`trials.py` and `cells.py` make columns of cells; `files.py` and `requests.py` read them by each
entry point; `comparison.py` compares, and `proof.py` counts.
"""
