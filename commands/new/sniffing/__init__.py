"""How a user's file is written: encoding, layout, and what its cells hold, each from all of the file.

`sniff.py` is the entrance; `new` writes the result into the use case's config.
"""
