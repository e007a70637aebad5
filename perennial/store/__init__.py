"""What outlives a run: the ledger, and the versions on disk.

`ledger.py` is the truth for spans, judgements, runs and alerts; `registry.py` for versions.
"""
