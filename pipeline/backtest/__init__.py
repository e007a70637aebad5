"""What retraining would have brought: models as of spans of the past, each judged on the spans after it.

`policies.py` plans, `root.py` is the folder of its own, `runner.py` trains, `comparison.py` compares.
"""
