"""`replay`: writes past exports of real data, as if they had just arrived.

`command.py` has its arguments, `replay.py` the work.
"""
