"""`status`: what is live and since when, last runs, what waits or is odd, open alerts.

`command.py` has its arguments, `status.py` the work, `text.py` what a person reads.
"""
