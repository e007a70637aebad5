"""Sniffs a text that is written to a file; shared by the tests of sniffing."""

from pathlib import Path

from commands.new.sniffing.sniff import Sniffed, sniff


def sniff_text(folder: Path, data: bytes | str, name: str = "table.csv") -> Sniffed:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return sniff(path)
