"""`run`: one run of a use case, and what a terminal shows of it.

The run itself is `pipeline/run/runner.py`.
"""
