"""ServingProbe: serves the candidate in the serving environment and compares its scores with training's.

`process.py` runs `serving/offline/probe.py` there, `verdict.py` decides.
"""
