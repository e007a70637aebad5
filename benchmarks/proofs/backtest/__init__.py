"""`make proof-backtest`: backtests of flights and of three dated tables.

`proof.py` carries them out, `page.py` writes what follows from them.
"""
