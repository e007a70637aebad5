"""What `new` writes is laid down whole, and never over what a person edited."""

from pathlib import Path

import pytest

from commands.new import write
from commands.new.new import new
from perennial import files
from perennial.errors import UsageError
from tests.commands.new.orders import FILES


def test_asked_again_nothing_changes_and_an_edit_is_kept(table: Path, repository: Path) -> None:
    first = new("orders", table, "label", None, None, repository)
    assert set(first.written.files) == FILES
    before = {path: (repository / path).read_bytes() for path in FILES}
    edited = repository / "transforms/orders.py"
    edited.write_text(edited.read_text() + "# mine\n")
    again = new("orders", table, "label", None, None, repository)
    assert edited.read_text().endswith("# mine\n")
    aside = Path(again.written.kept["transforms/orders.py"])
    assert aside.read_bytes() == before["transforms/orders.py"]
    assert {path: (repository / path).read_bytes() for path in FILES} == before | {
        "transforms/orders.py": edited.read_bytes()
    }
    assert again.written.spans == []


def test_a_file_that_new_did_not_write_is_never_touched(table: Path, repository: Path) -> None:
    theirs = repository / "models/orders.py"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("mine")
    with pytest.raises(UsageError, match=r"A module named 'orders' already exists: models/orders\.py"):
        new("orders", table, "label", None, None, repository)
    assert theirs.read_text() == "mine"
    assert not (repository / "pipeline").exists()


def test_killed_before_the_yaml_it_leaves_no_use_case_and_can_be_asked_again(
    table: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = files.write_text

    def killed(path: Path, text: str) -> None:
        if path.suffix == ".yaml":
            raise KeyboardInterrupt
        whole(path, text)

    with monkeypatch.context() as patch:
        patch.setattr(write, "write_text", killed)
        with pytest.raises(KeyboardInterrupt):
            new("orders", table, "label", None, None, repository)
    assert not (repository / "pipeline/use_cases/orders.yaml").exists()
    assert set(new("orders", table, "label", None, None, repository).written.files) == FILES


def test_the_name_of_a_use_case_that_is_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="already"):
        write.refuse_name("flights", tmp_path / "flights")


@pytest.mark.parametrize("name", ["data", "table", "training", "settings", "encoding", "serving"])
def test_no_module_of_this_repository_takes_a_name_from_a_use_case(name: str, tmp_path: Path) -> None:
    write.refuse_name(name, tmp_path / name)
