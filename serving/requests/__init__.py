"""What a request holds: JSON, CSV, tf.Examples and tensors, read into a model's columns.

`raw_rows.py` finds raw rows, `json_tensor.py` follows TF Serving's rules for tensors.
"""
