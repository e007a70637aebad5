"""`backtest`: what other ways of retraining would have brought, by models of the past; pushes nothing.

`command.py` has its arguments, `output.py` its text; the work is `pipeline/backtest/`.
"""
