"""`rollback`: an older version live again, as a higher number.

Versions on disk are `perennial/store/registry.py`.
"""
