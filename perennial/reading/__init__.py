"""Reads CSV, Parquet and TFRecord as the schema says: typed, without loss, bad rows apart with the reason.

`cells.py` has the rules of a cell, `reading.py` what all readers share, `read_*.py` a format each.
"""
