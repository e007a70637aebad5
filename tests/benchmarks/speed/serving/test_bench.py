"""The benchmark starts only where all chosen servers are installed."""

from pathlib import Path

import pytest

from benchmarks.harness.program import NotReady
from benchmarks.speed.serving.bench import check_installed


def test_servers_that_are_not_installed_are_named(tmp_path: Path) -> None:
    (tmp_path / "kserve" / "bin").mkdir(parents=True)
    (tmp_path / "kserve" / "bin" / "python").touch()
    check_installed(tmp_path, ["perennial", "kserve"])
    with pytest.raises(NotReady, match=r": bentoml, mlserver, litserve\. Run `make bench-serving`"):
        check_installed(tmp_path, [])
