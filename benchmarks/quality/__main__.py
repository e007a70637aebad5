"""Runs one by name."""

import sys

from benchmarks.harness.program import main
from benchmarks.quality.registry import FAMILY

if __name__ == "__main__":
    sys.exit(main(FAMILY))
