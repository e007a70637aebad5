"""The proof of tables: public tables through `new`, `run` and `predict` without an edit.

`make proof-tables` runs it.
"""
