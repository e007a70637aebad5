"""`check`: reads and judges an export as `run` would, and changes nothing.

`command.py` has its arguments and its text, `check.py` the work, which imports TFDV.
"""
