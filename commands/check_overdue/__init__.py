"""`check-overdue`: whether exports come as often as a use case expects, for cron and Nagios.

`command.py` has its arguments; `check.py` answers for each use case, whatever is wrong with it.
"""
