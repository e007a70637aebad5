"""Faults of what a user writes down: the use case's YAML and its schema."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.harness.resume import StepFailed
from benchmarks.proofs.faults.sandbox import CommandResult, InjectedFault, Injection, Sandbox

_YAML = "pipeline/use_cases/flights.yaml"
_SCHEMA = "schemas/flights.pbtxt"


def _written(name: str, change: Callable[[str], str]) -> Injection:
    @contextmanager
    def inject(sandbox: Sandbox) -> Iterator[CommandResult]:
        path = sandbox.clone / name
        text = path.read_text()
        changed = change(text)
        if changed == text:
            raise StepFailed(f"{name} has not changed. Fix this proof.")
        path.write_text(changed, errors="surrogateescape")
        yield sandbox.run()
        path.write_text(text)

    return inject


def _yaml(name: str, before: str, after: str, *names: str) -> InjectedFault:
    """A usage error that names the file and the line."""
    how = f"`{before}` -> `{after if len(after) < 60 else after[:60] + '...'}`"
    how = how.replace("\n", " ").replace("\t", "TAB ")
    inject = _written(_YAML, lambda text: text.replace(before, after, 1))
    return _fault(name, how, inject, r"flights\.yaml", r"line \d+", *names)


def _schema(name: str, how: str, change: Callable[[str], str], *names: str) -> InjectedFault:
    """A usage error that names the schema's file."""
    return _fault(name, how, _written(_SCHEMA, change), r"flights\.pbtxt", *names)


def _fault(name: str, how: str, inject: Injection, *names: str) -> InjectedFault:
    return InjectedFault(name, how, inject, 2, names=names, then=("NOTHING_NEW",), landed=False)


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
    _yaml("typo in the config", "eval_days", "eval_day", r"window\.eval_day\b", r"window\.eval_days\b"),
    _yaml("typo in the gate's settings", "min_rows: 200", "min_row: 200", r"min_row\b", r"data\.min_rows"),
    _yaml("typo in the evaluation's settings", "auc:", "auk:", r"\bauk\b", r"evaluation\.bounds\.auc"),
    _yaml("typo in a hyperparameter", "batch_size", "batchsize", "batch_size", "batchsize"),
    _yaml("wrong type in the config", "spans: 12", "spans: twelve", r"window\.spans"),
    _yaml("config that is not YAML", "label: late", "label: [late", "YAML"),
    _yaml("tab in the config", "  spans: 12", "\tspans: 12", "YAML"),
    _yaml("key twice in the config", "task: binary", "task: binary\ntask: binary", r"`task`.*\d+"),
    _yaml(
        "aliases that stand for billions of values",
        "label: late",
        "x0: &x0 [x]\n" + _ALIASES + "label: late",
        "alias",
    ),
    _schema(
        "schema that does not parse",
        "a brace left out",
        lambda text: text.replace("feature {", "feature ", 1),
        r"\b17\b",
    ),
    _schema(
        "schema without the label",
        "the feature `late` left out",
        lambda text: _without(text, "late"),
        r"\blate\b",
    ),
    _schema("empty schema", "nothing in the file", lambda text: "", r"\blate\b"),
    _schema("schema with a feature twice", "all of it twice", lambda text: text + text, "sched_dep"),
    _fault(
        "schema with an unsupported type",
        "BYTES -> STRUCT",
        _written(_SCHEMA, lambda text: text.replace("type: BYTES", "type: STRUCT", 1)),
        "sched_dep",
        r"\bSTRUCT\b",
    ),
    _schema("schema that is not UTF-8", "a byte of Latin-1", lambda text: text + "# \udce9\n", "UTF-8"),
)
