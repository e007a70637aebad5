"""Texts that are longer than a line, and how wide a text is."""

LONG = "The share of late rows is far from what it was in every month before this one was exported. " * 3
WIDEST = 110


def widest(block: str) -> int:
    return max(len(line) for line in block.splitlines())
