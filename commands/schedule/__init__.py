"""`schedule`: runs use cases when they are due; prints the definition for another scheduler.

The definitions are `printing/`.
"""
