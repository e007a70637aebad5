"""Which edits change the digest of the code that a node runs."""

import ast
import os
from pathlib import Path

import pytest
import tomli

from perennial.errors import ConfigError
from pipeline import config, provenance
from pipeline.provenance import imported_files, packages, source_digest

FILES = {
    "components/node/__init__.py": "NODE = 1\n",
    "components/node/executor.py": "import json\nimport pipeline.plain\nfrom components.node import helper\n",
    "components/node/helper.py": "def late():\n    from models.net import build\n    return build\n",
    "components/node/other.py": "OTHER = 1\n",
    "models/net.py": "from .layers import wide\nbuild = wide\n",
    "models/layers.py": "wide = 1\n",
    "pipeline/plain.py": "PLAIN = 1\n",
    "tests/helper.py": "",
}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(provenance, "REPOSITORY", tmp_path)
    return tmp_path


def _edit(file: Path, text: str) -> None:
    """Writes with another time, as an edit by hand has; two writes of a test can fall into one tick."""
    stat = file.stat()
    file.write_text(text)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000))


@pytest.mark.parametrize(
    "name",
    [
        "components/node/executor.py",
        "components/node/helper.py",
        "components/node/__init__.py",
        "pipeline/plain.py",
        "models/net.py",
        "models/layers.py",
    ],
)
def test_an_edit_to_what_is_imported_directly_or_not_is_another_digest(tree: Path, name: str) -> None:
    before = source_digest("components.node.executor")
    assert source_digest("components.node.executor") == before
    _edit(tree / name, (tree / name).read_text() + "\nMORE = 1\n")
    assert source_digest("components.node.executor") != before


@pytest.mark.parametrize(
    "place",
    [
        "if MORE:\n    pass\nelif LESS:\n    {}",
        "for _ in ():\n    pass\nelse:\n    {}",
        "try:\n    pass\nexcept OSError:\n    {}",
        "try:\n    pass\nfinally:\n    {}",
        "match MORE:\n    case 1:\n        {}",
        "class Late:\n    async def load(self):\n        with self:\n            {}",
    ],
)
def test_an_import_counts_wherever_a_statement_can_stand(tree: Path, place: str) -> None:
    _edit(tree / "components/node/other.py", place.format("import models.net") + "\n")
    assert "models/net.py" in imported_files("components.node.other")


def test_the_files_that_count_are_listed(tree: Path) -> None:
    assert imported_files("components.node.executor") == (
        "components/node/__init__.py",
        "components/node/executor.py",
        "components/node/helper.py",
        "models/layers.py",
        "models/net.py",
        "pipeline/plain.py",
    )


@pytest.mark.parametrize("name", ["components/node/other.py", "tests/helper.py"])
def test_an_edit_elsewhere_is_not(tree: Path, name: str) -> None:
    before = source_digest("components.node.executor")
    _edit(tree / name, "MORE = 1\n")
    assert source_digest("components.node.executor") == before


def test_an_import_that_is_added_counts_from_then_on(tree: Path) -> None:
    _edit(tree / "pipeline" / "plain.py", "import components.node.other\n")
    before = source_digest("components.node.executor")
    _edit(tree / "components" / "node" / "other.py", "OTHER = 2\n")
    assert source_digest("components.node.executor") != before


def _package(tree: Path, *folders: str) -> None:
    for folder in folders:
        (tree / folder).mkdir(exist_ok=True)
        (tree / folder / "__init__.py").touch()


def test_a_new_package_at_the_top_counts_by_itself(tree: Path) -> None:
    _package(tree, "models", "components")
    assert packages() == ("components", "models")
    (tree / "schemas").mkdir()
    _package(tree, "signals", "signals/deep")
    assert packages() == ("components", "models", "signals")


@pytest.mark.parametrize("name", ["signals/pulse.py", "signals/__init__.py", "signals/deep/wave.py"])
def test_an_edit_in_a_new_package_is_a_cache_miss(tree: Path, name: str) -> None:
    _package(tree, "signals", "signals/deep")
    (tree / "signals" / "deep" / "wave.py").touch()
    (tree / "signals" / "pulse.py").write_text(
        "def late():\n    from signals.deep import wave\n    return wave\n"
    )
    _edit(tree / "pipeline" / "plain.py", "from signals import pulse\n")
    before = source_digest("components.node.executor")
    assert source_digest("components.node.executor") == before
    _edit(tree / name, (tree / name).read_text() + "\nMORE = 1\n")
    assert source_digest("components.node.executor") != before


def test_every_package_has_its_place_in_the_layers() -> None:
    settings = tomli.loads((config.REPOSITORY / "pyproject.toml").read_text())
    layered = set(settings["tool"]["importlinter"]["root_packages"])
    assert set(packages()) == layered | {"tests", "benchmarks"}


def test_a_file_that_gets_another_name_is_another_digest(tree: Path) -> None:
    before = source_digest("models.layers")
    (tree / "models" / "layers.py").rename(tree / "models" / "renamed.py")
    assert source_digest("models.renamed") != before


def test_several_modules_count_together_in_any_order(tree: Path) -> None:
    both = source_digest("models.layers", "pipeline.plain")
    assert both == source_digest("pipeline.plain", "models.layers")
    assert both not in (source_digest("models.layers"), source_digest("pipeline.plain"))


def test_modules_that_import_each_other_end(tree: Path) -> None:
    _edit(tree / "models" / "layers.py", "import models.net\n")
    assert source_digest("models.layers") == source_digest("models.net")


@pytest.mark.parametrize("module", ["models.absent", "json"])
def test_a_module_that_is_not_here_is_an_error(tree: Path, module: str) -> None:
    with pytest.raises(ConfigError, match=rf"{module.replace('.', '/')}\.py does not exist\."):
        source_digest(module)


def test_a_file_that_does_not_parse_is_named_with_its_line(tree: Path) -> None:
    _edit(tree / "models" / "layers.py", "wide = 1\nwide = (\n")
    expected = r"^models/layers\.py:2 is not valid Python: '\(' was never closed\. Fix it\.$"
    with pytest.raises(ConfigError, match=expected):
        source_digest("components.node.executor")


def test_a_file_with_a_null_byte_is_named(tree: Path) -> None:
    _edit(tree / "models" / "layers.py", "wide = 1\0\n")
    with pytest.raises(
        ConfigError, match=r"^models/layers\.py is not valid Python: .*null bytes\. Fix it\.$"
    ):
        source_digest("components.node.executor")


def test_every_digest_of_the_chain_can_be_made() -> None:
    digests = [
        source_digest(f"components.{path.parent.name}.executor")
        for path in sorted((config.REPOSITORY / "components").glob("*/executor.py"))
    ]
    assert len(digests) == len(set(digests)) > 5


def test_a_package_that_holds_only_what_it_is_for_does_not_count_until_it_holds_code(tree: Path) -> None:
    package = tree / "components" / "node" / "__init__.py"
    _edit(package, '"""A node."""\n')
    before = source_digest("components.node.executor")
    _edit(package, '"""The node."""\n')
    assert source_digest("components.node.executor") == before
    _edit(package, '"""The node."""\n\nWIDE = 1\n')
    assert source_digest("components.node.executor") != before


def test_the_packages_that_a_module_is_in_count(tree: Path) -> None:
    before = source_digest("components.node.executor")
    (tree / "components" / "__init__.py").write_text("import pipeline.late\n")
    (tree / "pipeline" / "late.py").write_text("LATE = 1\n")
    after = source_digest("components.node.executor")
    assert after != before
    _edit(tree / "pipeline" / "late.py", "LATE = 2\n")
    assert source_digest("components.node.executor") != after


def test_a_module_alone_can_be_asked_for(tree: Path) -> None:
    before = source_digest("components.node.executor", follow=False)
    _edit(tree / "components" / "node" / "helper.py", "OTHER = 1\n")
    assert source_digest("components.node.executor", follow=False) == before
    _edit(tree / "components" / "node" / "executor.py", "OTHER = 1\n")
    assert source_digest("components.node.executor", follow=False) != before


def _is_type(value: ast.expr | None) -> bool:
    """Whether it is a type, such as `Callable[[int], None]`."""
    return isinstance(value, ast.Subscript)


@pytest.mark.parametrize("name", provenance.NO_RESULT)
def test_a_module_that_no_result_follows_from_can_only_give_text(name: str) -> None:
    """Nothing that a node could compute with: exceptions, text, or a call that gives nothing back."""
    path = config.REPOSITORY / f"{name.replace('.', '/')}.py"
    tree = ast.parse(path.read_text())
    errors = {"Exception"}
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef):
            assert {base.id for base in statement.bases if isinstance(base, ast.Name)} & errors
            errors.add(statement.name)
        elif isinstance(statement, ast.FunctionDef):
            assert statement.returns is not None
            assert ast.unparse(statement.returns) in ("str", "None")
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            (target,) = statement.targets if isinstance(statement, ast.Assign) else (statement.target,)
            assert isinstance(target, ast.Name)
            assert target.id.startswith("_") or _is_type(statement.value)
        else:
            assert isinstance(statement, ast.Import | ast.ImportFrom | ast.Expr)
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {module.split(".")[0] for module in imported} & set(provenance.packages())
