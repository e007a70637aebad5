"""REST: TF Serving's API, the page, the OpenAPI document, and the limits of connections.

`rest.py` answers models' requests, `app.py` the rest; `connections.py` refuses what is too much.
"""
