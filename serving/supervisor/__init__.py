"""Keeps workers running and tells them what to load.

`supervisor.py` runs them, `fleet.py` and `versions.py` decide, `worker.py` is one of them.
"""
