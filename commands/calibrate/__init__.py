"""`calibrate`: thresholds of drift from the accepted past, at a stated rate of false alarms.

`command.py` has its arguments, `calibrate.py` the work, `text.py` what a person reads,
`comparators.py` what TFDV can express.
"""
