"""The command `evolve`: follows a table whose columns change.

`evolve.py` compares an export with the use case; each kind of file has a module that edits its text.
"""
