"""DaySummaries: what each day of a span looked like, by column (`perennial/drift/day_summaries.py`).

In memory on one machine (`in_memory.py`), through Beam on a cluster (`through_beam.py`).
"""
