"""What a reply holds, as TF Serving writes it.

`replies.py` answers raw rows, `json_reply.py` tensors, `metadata.py` what a model is.
"""
