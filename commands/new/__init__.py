"""`new`: makes a use case of a user's own table: config, schema, transform, model and a test.

`sniffing/` finds out how the file is written, `curate.py` what its columns are; `templates/` is written.
"""
