"""`doctor`: what is out of order, and what to do; it changes nothing.

`command.py` has its arguments, `doctor.py` the work.
"""
