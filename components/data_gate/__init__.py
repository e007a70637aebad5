"""DataGate: judges a span by its statistics, against the schema and the accepted span before.

`kinds.py` names the anomalies, `settings.py` the policy, `drift.py` measures drift, `extremes.py`
tells which is extreme, `label_bounds.py` judges the label.
"""
