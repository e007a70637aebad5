"""Drift: what each day of a table looked like, and whether the days after it look the same.

No TFX and no TensorFlow here: a judgement takes a second.
"""
