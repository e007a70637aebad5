"""What a cell means: one rule a type, by which every entry point reads.

The pipeline's exports, `predict`, and all requests of the server. docs/reference/reading.md has the rules.
"""
