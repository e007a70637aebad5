"""AtomicPusher: publishes the candidate as the next version, or says why not.

Versions on disk are `perennial/store/registry.py`.
"""
