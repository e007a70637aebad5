"""SpanStatistics: TFDV's statistics of all rows of a span.

In memory on one machine (`in_memory.py`), through Beam on a cluster (`through_beam.py`).
"""
