"""How the cost of one run grows with rows, spans and columns."""
