"""`prune`: removes what nothing needs any more, or says what would go and why the rest stays.

`command.py` has its arguments, `prune.py` the work, `block.py` the text; `pipeline/run/retention/` decides.
"""
