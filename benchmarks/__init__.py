"""Benchmarks, and proofs, which take longer than tests; each writes a page below docs/.

Run one with its target in the Makefile.
"""
