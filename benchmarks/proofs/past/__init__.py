"""`make proof-past`: `backfill`, `backtest` and `prune` that are killed, against undisturbed ones."""
