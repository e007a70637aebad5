"""The process that runs TFX, and the run's hold on it.

`chain.py` starts it and sends it jobs, `worker.py` is it, `lineage.py` reads what became of the nodes.
"""
