"""The page of a run: one HTML file, made in a process of its own.

`model.py` gathers its data, `view.py` puts them into words, `render.py` and the template write the page.
"""
