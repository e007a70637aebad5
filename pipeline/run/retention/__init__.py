"""Retention: what a use case's root still needs, what goes, and the removal that a kill cannot hurt.

`needs.py` is the registry of who still needs what; `plan.py` decides, `removal.py` removes.
"""
