"""A home that the real chain has filled goes on under another path."""

from pathlib import Path

from benchmarks.harness.code_copy import CodeCopy
from tests.e2e.clone import Clone


def test_a_home_that_was_restored_under_another_path_has_nothing_new(chain: Clone, tmp_path: Path) -> None:
    chain.cli("backup", str(tmp_path / "b.tar"))
    chain.cli("restore", str(tmp_path / "b.tar"), "--to", str(tmp_path / "new home"))
    moved = CodeCopy(chain.code, tmp_path / "new home")
    assert moved.run_json("run", "flights")["verdict"] == "NOTHING_NEW"
