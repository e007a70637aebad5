"""`schedule`: runs use cases when they are due, until stopped or for one round; pauses and resumes one.

`command.py` has the arguments; `daemon.py` and `one_round.py` start runs when `pipeline/schedule/` says so.
`printing/` has the definitions for other schedulers.
"""
