"""The process that runs TFX, and the run's hold on it.

`chain.py` sends it jobs and `messages.py` is what it answers; `process.py` starts and ends it,
`worker.py` is it, and `lineage.py` reads what became of the nodes.
"""
