"""`spans`: each span's state and why, and a person's judgement of one.

`command.py` has its arguments; the states are `commands/span_states.py`, `decide.py` writes a judgement down.
"""
