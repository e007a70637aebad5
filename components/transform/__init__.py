"""Transform: TFX's own, whose analysis runs in memory where one machine is enough.

`in_memory.py` computes tf.Transform's analyzers by its own combiners.
"""
