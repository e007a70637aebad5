"""Transform: TFX's own, whose analysis runs in memory where one machine is enough.

`in_memory.py` walks tf.Transform's graph of analyzers; `analyzers.py` computes each by its own combiner.
"""
