"""The pages of runs that end in each verdict, in a real browser."""
