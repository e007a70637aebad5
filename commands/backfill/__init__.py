"""`backfill`: runs for the spans of a range that were missed or failed, after a plan.

`command.py` has its arguments; `plan.py` decides which spans and runs, `estimates.py` what they will take,
`backfill.py` carries the plan out, and `output.py` is how both read.
"""
