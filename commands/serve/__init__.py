"""`serve`: the server for use cases' live versions, and for any SavedModels.

`command.py` has its arguments, `serve.py` makes the settings and becomes the server (`serving/`).
"""
