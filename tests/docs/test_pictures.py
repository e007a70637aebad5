"""Pictures in the repository are small."""

from benchmarks.harness.small_png import MOST_BYTES
from benchmarks.harness.tree import repository_files
from pipeline.config import REPOSITORY

_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".pdf")


def test_no_picture_is_larger_than_the_bound() -> None:
    pictures = [name for name in repository_files() if name.endswith(_SUFFIXES)]
    sizes = {name: (REPOSITORY / name).stat().st_size for name in pictures}
    assert sizes
    assert MOST_BYTES <= 150_000
    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}
