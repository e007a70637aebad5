"""gRPC: TF Serving's services over what a worker serves.

`service.py` answers; `rows.py` finds raw rows in a Predict request.
"""
