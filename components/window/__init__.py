"""Window: which rows to train on and which to judge by, as one Examples artifact.

`cut.py` decides by days; `executor.py` links the files.
"""
