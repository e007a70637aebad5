"""The server: TF Serving's REST and gRPC, with raw rows beside; it imports nothing else of this repository.

`__main__.py` starts `supervisor/`, whose workers answer by `http/` and `grpc/`.
"""
