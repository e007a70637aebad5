"""Serves one SavedModel by several servers in one run, and compares what each makes of the same raw rows."""
