"""`replay`: writes real exports of the past as they would have landed.

`command.py` has its arguments, `replay.py` the work.
"""
