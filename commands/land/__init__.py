"""`land`: hands in the next file of a use case, as one export or more.

`command.py` has its arguments and output; `land.py` does the work.
"""
