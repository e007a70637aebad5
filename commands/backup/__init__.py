"""`backup`: a home in one file, written while runs go on.

How a backup is made is `pipeline/backup/save.py`.
"""
