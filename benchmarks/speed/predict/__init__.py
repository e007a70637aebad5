"""`predict` against pandas and scikit-learn by hand."""
