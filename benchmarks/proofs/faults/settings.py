"""Faults of what a user writes down: the use case's YAML and its schema."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from benchmarks.proofs.faults.scene import Fault, Scene, Told

_YAML = "pipeline/use_cases/flights.yaml"
_SCHEMA = "schemas/flights.pbtxt"


def _written(name: str, change: Callable[[str], str]) -> Callable[[Scene], AbstractContextManager[Told]]:
    @contextmanager
    def inject(scene: Scene) -> Iterator[Told]:
        path = scene.clone / name
        text = path.read_text()
        changed = change(text)
        if changed == text:
            raise SystemExit(f"{name} did not change: mend this proof.")
        path.write_text(changed, errors="surrogateescape")
        yield scene.run()
        path.write_text(text)

    return inject


def _yaml(name: str, before: str, after: str, says: str) -> Fault:
    how = f"`{before}` -> `{after if len(after) < 60 else after[:60] + '...'}`"
    how = how.replace("\n", " ").replace("\t", "TAB ")
    inject = _written(_YAML, lambda text: text.replace(before, after, 1))
    return Fault(name, how, inject, 2, r"flights\.yaml" + says, ("NOTHING_NEW",), landed=False)


def _schema(name: str, how: str, change: Callable[[str], str], says: str) -> Fault:
    return Fault(name, how, _written(_SCHEMA, change), 2, says, ("NOTHING_NEW",), landed=False)


def _without(text: str, feature: str) -> str:
    """The schema's text without one feature."""
    start = text.index(f'name: "{feature}"')
    start = text.rindex("feature {", 0, start)
    end = text.index("\n}", start) + 2
    return text[:start] + text[end:]


_ALIASES = "".join(
    f"x{number}: &x{number} [{', '.join([f'*x{number - 1}'] * 9)}]\n" for number in range(1, 20)
)
FAULTS = (
    _yaml(
        "typo in the config",
        "eval_days",
        "eval_day",
        r", line \d+: there is no key `window.eval_day` \(did you mean `window.eval_days`\?\)",
    ),
    _yaml(
        "typo in the gate's settings",
        "min_rows: 200",
        "min_row: 200",
        r", line \d+: .*did you mean `data.min_rows`",
    ),
    _yaml(
        "typo in the evaluation's settings",
        "auc:",
        "auk:",
        r", line \d+: .*did you mean `evaluation.bounds.auc`",
    ),
    _yaml(
        "typo in a hyperparameter",
        "batch_size",
        "batchsize",
        r", line \d+: .*batch_size`.*there is `.*batchsize`",
    ),
    _yaml("wrong type in the config", "spans: 12", "spans: twelve", r", line \d+: `window.spans`"),
    _yaml("config that is not YAML", "label: late", "label: [late", r", line \d+: this is not YAML"),
    _yaml("tab in the config", "  spans: 12", "\tspans: 12", r", line \d+: this is not YAML"),
    _yaml(
        "key twice in the config",
        "task: binary",
        "task: binary\ntask: binary",
        r", line \d+: `task` is there twice",
    ),
    _yaml(
        "aliases that stand for billions of values",
        "label: late",
        "x0: &x0 [x]\n" + _ALIASES + "label: late",
        r", line \d+: aliases",
    ),
    _schema(
        "schema that does not parse",
        "a brace left out",
        lambda text: text.replace("feature {", "feature ", 1),
        r"flights\.pbtxt: \d+:\d+",
    ),
    _schema(
        "schema without the label",
        "the feature `late` left out",
        lambda text: _without(text, "late"),
        r"has no feature `late`",
    ),
    _schema("empty schema", "nothing in the file", lambda text: "", r"has no feature `late`"),
    _schema(
        "schema with a feature twice", "all of it twice", lambda text: text + text, r"flights\.pbtxt.*twice"
    ),
    _schema(
        "schema with a type that is none of a table's",
        "BYTES -> STRUCT",
        lambda text: text.replace("type: BYTES", "type: STRUCT", 1),
        "must be INT, FLOAT or BYTES, not STRUCT",
    ),
    _schema(
        "schema that is not UTF-8", "a byte of Latin-1", lambda text: text + "# \udce9\n", r"flights\.pbtxt"
    ),
)
