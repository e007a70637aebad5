"""The digest of code, and a copy of the repository."""

from pathlib import Path

from benchmarks.harness.tree import RUN, copy_repository, digest_of_code, with_imports


def test_the_digest_of_code_follows_content_and_names_but_not_bytecode(tmp_path: Path) -> None:
    (tmp_path / "pipeline" / "__pycache__").mkdir(parents=True)
    (tmp_path / "run.py").write_text("1")
    (tmp_path / "pipeline" / "a.py").write_text("2")
    names = ("run.py", "pipeline")
    before = digest_of_code(tmp_path, names)
    (tmp_path / "pipeline" / "__pycache__" / "a.pyc").write_text("3")
    assert digest_of_code(tmp_path, names) == before
    (tmp_path / "pipeline" / "a.py").rename(tmp_path / "pipeline" / "b.py")
    assert digest_of_code(tmp_path, names) != before


def test_a_copy_has_the_code_and_the_environments_and_nothing_that_git_ignores(tmp_path: Path) -> None:
    copy_repository(tmp_path)
    assert all((tmp_path / name).exists() for name in (*RUN, "benchmarks", ".venv-serving"))
    assert (tmp_path / ".venv").is_symlink()
    assert not (tmp_path / "work").exists()


def test_what_modules_import_is_added_to_files_and_folders() -> None:
    places = ("schemas/flights.pbtxt", "perennial/reading")
    given, added = with_imports(*places)[:2], with_imports(*places)[2:]
    assert given == places
    assert {"perennial/files.py", "perennial/schema.py", "serving/model/columns.py"} <= set(added)
    assert not [file for file in added if file.startswith(("perennial/reading/", "pipeline/"))]
