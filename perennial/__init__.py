"""The library under the nodes: errors, tasks, files, the clock; it imports no TFX.

`reading/` reads exports, `store/` holds ledger and versions, `training/` trains any use case's model.
"""
