"""Columns that the folders of a table's files name."""

from collections.abc import Sequence
from pathlib import Path

from commands.new.sniffing.file_profile import FileProfile
from perennial.reading.partition_folders import name_in_table, partitions_of


def keys_of(files: Sequence[Path], profile: FileProfile) -> tuple[str, ...]:
    """The columns that the folders of all files name; notes them, and where the files differ in them."""
    keys = tuple(partitions_of(files[0]))
    for path in files:
        if set(partitions_of(path)) != set(keys):
            profile.problems.append(
                f"{name_in_table(path)} and {name_in_table(files[0])} are in folders that name different"
                " columns: use the same folders for all."
            )
            return keys
    if keys:
        listed = ", ".join(f"`{key}`" for key in keys)
        profile.notes.append(f"The folders' names give {listed}, as key=value.")
    return keys
