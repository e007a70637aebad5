"""A chain of three toy nodes on a real MLMD file: numbers are made, added, reported."""

from pathlib import Path
from typing import Any

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.orchestration import metadata
from tfx.orchestration.local.local_dag_runner import LocalDagRunner
from tfx.orchestration.pipeline import Pipeline
from tfx.types import standard_artifacts

from perennial.errors import SpanRefused
from tests import small_disk

NODES = ("Make", "Add", "Log")


@component
def Make(
    numbers: OutputArtifact[standard_artifacts.Examples],
    span: Parameter[str],
    digest: Parameter[str],
    settings: Parameter[str],
) -> None:
    """Writes a file."""
    (Path(numbers.uri) / "numbers.txt").write_text(f"{span} {digest} {settings}")


@component
def Add(
    numbers: InputArtifact[standard_artifacts.Examples],
    total: OutputArtifact[standard_artifacts.Examples],
    refuses: Parameter[int],
    exits: Parameter[int],
    fills: Parameter[str],
) -> None:
    """Copies the file, or fails in one of three ways."""
    if refuses:
        raise SpanRefused("It was set to refuse.", "Set it otherwise.")
    if exits:
        raise SystemExit(0)
    if fills:
        small_disk.fill(Path(fills))
    (Path(total.uri) / "total.txt").write_text((Path(numbers.uri) / "numbers.txt").read_text())


@component
def Log(total: InputArtifact[standard_artifacts.Examples]) -> None:
    """Reads the file."""
    (Path(total.uri) / "total.txt").read_text()


def run(folder: Path, **options: Any) -> None:
    """Runs the chain; its MLMD file is `folder/metadata.db`."""
    LocalDagRunner().run(chain_of(folder, **options))


def chain_of(folder: Path, **options: Any) -> Pipeline:
    """The chain, not run yet."""
    make = Make(
        span=options.get("span", "1"),
        digest=options.get("digest", "A"),
        settings=options.get("settings", "{}"),
    )
    add = Add(
        numbers=make.outputs["numbers"],
        refuses=options.get("refuses", 0),
        exits=options.get("exits", 0),
        fills=options.get("fills", ""),
    )
    log = Log(total=add.outputs["total"])
    return Pipeline(
        pipeline_name="toy",
        pipeline_root=str(folder / "artifacts"),
        components=[make, add, log],
        enable_cache=True,
        metadata_connection_config=metadata.sqlite_metadata_connection_config(str(folder / "metadata.db")),
    )
