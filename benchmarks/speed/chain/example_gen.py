"""Runs one chain's ExampleGen alone and prints, as JSON, the rows it wrote and the CPU time it took.

Usage: python -m benchmarks.speed.chain.example_gen ours|template --data DIR --home DIR

Imports are not counted; TFX's launching of the node is, for both. Ours reads the spans that have landed in
the home, a node a span as a run has them; the template's reads the CSV files of the folder.
"""

import argparse
import json
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

TEMPLATE_EVAL_SHARE: Final = 0.2
USE_CASE: Final = "flights"


def main() -> None:
    """Runs it and prints what it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("which", choices=("ours", "template"))
    parser.add_argument("--data", type=Path, required=True, help="folder of CSV files")
    parser.add_argument("--home", type=Path, required=True, help="folder for all that it writes")
    options = parser.parse_args()
    pipelines = ours() if options.which == "ours" else template(options.data, options.home)
    cpu, wall = timed(pipelines)
    print(json.dumps({"cpu": cpu, "wall": wall, "rows": examples_below(options.home)}))


def ours() -> Sequence[Any]:
    """A pipeline a span that has landed below `PERENNIAL_HOME`, with ArrowExampleGen alone."""
    from tfx.orchestration.pipeline import Pipeline

    from perennial import clock
    from perennial.files import file_digest
    from pipeline import config
    from pipeline.export_folders import find_exports
    from pipeline.pipeline import create_pipeline
    from pipeline.plan import Job, SpanPlan
    from pipeline.run.curated_schema import import_schema

    use_case = config.load(USE_CASE)
    use_case.make_root()
    schema = import_schema(use_case)
    exports = find_exports(
        use_case.exports_folder, use_case.exports.span, use_case.exports.complete_when, clock.now()
    )
    made = []
    for export in exports:
        plan = SpanPlan(
            span=export.span,
            version=1,
            digest=export.span,
            files=tuple((str(file), file_digest(file)) for file in export.files),
            previous_statistics="",
        )
        whole = create_pipeline(use_case, Job(schema_plan=schema, work=plan))
        node = next(node for node in whole.components if node.id == "ArrowExampleGen")
        for later in list(node.downstream_nodes):
            node.remove_downstream_node(later)
        made.append(
            Pipeline(
                pipeline_name=USE_CASE,
                pipeline_root=str(use_case.root / "artifacts"),
                components=[node],
                metadata_connection_config=whole.metadata_connection_config,
                beam_pipeline_args=list(use_case.beam_pipeline_args),
            )
        )
    return made


def template(data: Path, home: Path) -> Sequence[Any]:
    """One pipeline with CsvExampleGen alone."""
    from benchmarks.speed.chain.template_chain import create_example_gen

    return [create_example_gen(data, home, TEMPLATE_EVAL_SHARE)]


def timed(pipelines: Sequence[Any]) -> tuple[float, float]:
    """Runs pipelines one after another; gives CPU and wall seconds, those of child processes included."""
    from tfx.orchestration.local.local_dag_runner import LocalDagRunner

    began, wall = _cpu(), time.monotonic()
    for pipeline in pipelines:
        LocalDagRunner().run(pipeline)
    return _cpu() - began, time.monotonic() - wall


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def examples_below(folder: Path) -> int:
    """Counts the tf.Examples in the gzip TFRecords below a folder."""
    import tensorflow as tf

    files = [str(file) for file in sorted(folder.rglob("Split-*/*.gz"))]
    batches = tf.data.TFRecordDataset(files, compression_type="GZIP").batch(8192)
    count: Callable[[Any, Any], Any] = lambda total, batch: total + tf.size(batch, tf.int64)  # noqa: E731
    return int(batches.reduce(tf.constant(0, tf.int64), count))


if __name__ == "__main__":
    main()
