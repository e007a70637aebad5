"""A use case's model whose module cannot be loaded, with a data value in its error."""

raise ValueError("row 17: 4711")
