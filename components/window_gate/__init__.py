"""WindowGate: are there many fewer rows to train on than the live model had?

`gate.py` decides; `executor.py` stops the chain before anything is trained.
"""
