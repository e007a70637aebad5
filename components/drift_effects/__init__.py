"""DriftEffects: how much each drift alarm of a span moves the live model's scores.

`executor.py` asks the model; `perennial/alarm_effects.py` says what with.
"""
