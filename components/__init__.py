"""The nodes of the chain, one folder a TFX component.

`component.py` has what goes in and out, `executor.py` what it does; no component imports another.
"""
