"""`report`: the page of a run, and its path.

`command.py` has its arguments, `report.py` the work; the page itself is `pipeline/report/`.
"""
