"""`predict`: scores a table of any length with a published version, in the serving environment."""
