"""NextSpanScores: a model of the past on the spans that came after it, for `backtest`.

`loss_by_day.py` adds up the losses; `executor.py` reads the rows and writes them down.
"""
