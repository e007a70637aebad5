"""One run of a use case: lock, recovery, intake of spans, training, verdict.

`runner.py` is the way through; `arrivals.py` and `intake.py` take up and judge spans, `settled.py` says when
there is nothing new.
"""
