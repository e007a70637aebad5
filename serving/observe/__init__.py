"""What a server notes: metrics, the access log, and a sample of the rows that it was asked.

`observer.py` notes each request; the request log is an export that `check` reads.
"""
