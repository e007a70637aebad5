"""`forward`: undoes the last rollback.

`command.py` has its arguments, `forward.py` the work; which rollbacks are left is `perennial/store/undo.py`.
"""
