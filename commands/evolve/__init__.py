"""The command `evolve`: follows a table whose columns change.

`evolve.py` compares an export with the use case and makes the proposal; `*_text.py` edit a kind of file each.
"""
