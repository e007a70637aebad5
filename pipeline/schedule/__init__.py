"""When the schedule runs a use case: the rules (`due.py`), the facts that they need, and what is recorded.

The processes are started by `commands/schedule/`.
"""
