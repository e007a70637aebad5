"""Runs one by name; `--list` shows which pages are out of date."""

import sys

from benchmarks.harness.program import main
from benchmarks.proofs.listing import listing
from benchmarks.proofs.registry import FAMILY
from pipeline.config import REPOSITORY

if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print(listing(REPOSITORY, FAMILY))
        sys.exit(0)
    sys.exit(main(FAMILY))
