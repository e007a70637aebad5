"""A loaded version: its columns, its checks, and how it scores.

`engine.py` scores, `scoring_thread.py` batches what waits, `models.py` says which version answers.
"""
