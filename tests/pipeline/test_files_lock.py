"""Backups share the lock on the files of a use case, and who removes files has it alone."""

import os
from pathlib import Path

import pytest

from perennial.errors import Busy
from pipeline import files_lock


def test_several_share_it_and_only_one_has_it_alone(tmp_path: Path) -> None:
    words = f"A backup or a backtest uses the files of {tmp_path.name}"
    with files_lock.shared(tmp_path), files_lock.shared(tmp_path), pytest.raises(Busy, match=words):
        files_lock.alone(tmp_path).__enter__()
    with files_lock.alone(tmp_path), pytest.raises(Busy):
        files_lock.alone(tmp_path).__enter__()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
def test_root_makes_it_for_the_user_whose_root_it_is(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    with files_lock.shared(tmp_path):
        assert (tmp_path / ".files.lock").stat().st_uid == 65534
