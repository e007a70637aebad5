"""`restore`: the use cases of a backup, in a home that does not have them.

How they are brought back is `pipeline/backup/bring_back.py`.
"""
