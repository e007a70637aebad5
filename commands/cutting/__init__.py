"""Cuts a person's table into spans and lays these down as exports; for `new` and `land`.

`files.py` lists the table's files, `spans.py` has the rules, `pieces.py` cuts the rows.
"""
