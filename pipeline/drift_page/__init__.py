"""The page of a drift calibration: one HTML file that holds all it needs.

`page.py` has the words that only this page has; what it shares with a run's page is in `pipeline/report/`.
"""
