"""A simulated year of exports and troubles: the plan of it, and the oracle that says what must hold.

Nothing of the project is imported here: the oracle is written from the documents alone.
"""
