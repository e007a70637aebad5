"""`approve`: the candidate that waits becomes live, by a person's decision.

`command.py` has its arguments, `approve.py` the work; what waits is `pipeline/run/waiting.py`.
"""
