"""Evaluator: scores candidate and champion on the same rows; it alone blesses.

`judge.py` holds the checks, `metrics.py` TFMA's metrics, `measures.py` what each task is measured by.
"""
