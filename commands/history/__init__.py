"""`history`: what was live when, trained on what, by which code, why, and what was rolled back.

`command.py` has its arguments, `history.py` the facts, `at.py` the moment that is asked for, `text.py` the
words.
"""
