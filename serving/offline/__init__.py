"""Scoring without a server: for the probe and for `predict`, in a process of its own.

`probe.py` and `predict.py` are run by name in the serving environment.
"""
