"""`rollback`: an older version live again, as a higher number.

The work is `perennial/store/registry.py`.
"""
