"""One run of a use case: lock, recovery, intake of spans, training, verdict.

`runner.py` is the way through; `intake.py` judges spans, `settled.py` says when there is nothing new.
"""
