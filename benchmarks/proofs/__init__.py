"""Proofs: `python -m benchmarks.proofs NAME` shows one claim for real and writes `docs/proofs/NAME.md`."""
