"""Benchmarks and proofs: `speed` and `quality` compare with others, `proofs` show what is claimed.

`harness` has what they share. `python -m benchmarks.proofs NAME` runs one and writes its page.
"""
