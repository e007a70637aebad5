"""Faults of a user's functions: they raise, exit, are killed, print, hang, start other processes."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.proofs.faults.sandbox import CommandResult, InjectedFault, Injection, Sandbox

_MODEL, _TRANSFORM = "models/flights.py", "transforms/flights.py"
_FUNCTION = {_MODEL: "def build_model(", _TRANSFORM: "def preprocessing_fn("}
_NODE = {_MODEL: "Trainer", _TRANSFORM: "Transform"}
_OUTLIVING = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    open({file!r}, "w").write(str(os.getpid()))
    time.sleep(3600)
os._exit(5)
"""


def _fault(
    name: str, path: str, code: str, *names: str, failed: bool = True, hides: str = ""
) -> InjectedFault:
    """A fault of code that runs when its node calls the user's function; `failed`: the node is FAILED."""

    @contextmanager
    def inject(sandbox: Sandbox) -> Iterator[CommandResult]:
        text = (sandbox.clone / path).read_text()
        child = sandbox.folder / "child"
        child.unlink(missing_ok=True)
        body = code.format(file=str(child))
        # In the function, so that reading its source does not run it.
        head, function, rest = text.partition(_FUNCTION[path])
        signature, colon, inner = rest.partition(":\n")
        lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
        (sandbox.clone / path).write_text(f"{head}{function}{signature}{colon}{lines}{inner}")
        yield sandbox.run()
        (sandbox.clone / path).write_text(text)
        if child.exists():
            os.kill(int(child.read_text()), signal.SIGKILL)

    how = f"in {path}: `{' '.join(code.split())[:90]}`"
    return _failing(name, how, inject, _NODE[path] if failed else "", *names, hides=hides)


def _written(name: str, path: str, change: str | None, *names: str, failed: str = "") -> InjectedFault:
    """A fault of a whole file: another text, or none at all."""

    @contextmanager
    def inject(sandbox: Sandbox) -> Iterator[CommandResult]:
        text = (sandbox.clone / path).read_text()
        (sandbox.clone / path).unlink()
        if change is not None:
            (sandbox.clone / path).write_text(change)
        yield sandbox.run()
        (sandbox.clone / path).write_text(text)

    how = f"{path}: `{change.strip()}`" if change is not None else f"{path} removed"
    return _failing(name, how, inject, failed, path, *names)


def _failing(
    name: str, how: str, inject: Injection, failed: str, *names: str, hides: str = ""
) -> InjectedFault:
    return InjectedFault(
        name, how, inject, 1, ("FAILED",), failed, names, hides, then=("KEPT",), landed=False
    )


@contextmanager
def _a_gigabyte(sandbox: Sandbox) -> Iterator[CommandResult]:
    text = (sandbox.clone / _TRANSFORM).read_text()
    head, function, rest = text.partition(_FUNCTION[_TRANSFORM])
    signature, colon, inner = rest.partition(":\n")
    line = "    for _ in range(1024): print('x' * (1 << 20))\n"
    (sandbox.clone / _TRANSFORM).write_text(
        f"{head}{function}{signature}{colon}{line}    raise ValueError\n{inner}"
    )
    result = sandbox.run()
    largest = max(path.stat().st_size for path in sandbox.root.glob("runs/*/log.txt"))
    yield result.adding(f"the log has {largest >> 20} MiB")
    (sandbox.clone / _TRANSFORM).write_text(text)


_VALUE = "4711"
_RAISE = f"raise RuntimeError('a value: {_VALUE}')"
FAULTS = (
    _fault("preprocessing_fn raises", _TRANSFORM, _RAISE, rf"{_TRANSFORM}:\d+", "RuntimeError", hides=_VALUE),
    _fault(
        "build_model raises with a value of the data",
        _MODEL,
        _RAISE,
        rf"{_MODEL}:\d+",
        "RuntimeError",
        hides=_VALUE,
    ),
    _fault(
        "build_model calls sys.exit(0)", _MODEL, "import sys; sys.exit(0)", rf"{_MODEL}:\d+", "SystemExit"
    ),
    _fault(
        "preprocessing_fn calls os._exit(0)",
        _TRANSFORM,
        "import os; os._exit(0)",
        r"\bcode 0\b",
        "Transform",
        failed=False,
    ),
    _fault(
        "build_model is killed for its memory",
        _MODEL,
        "import os; os.kill(os.getpid(), 9)",
        "SIGKILL",
        "Trainer",
        failed=False,
    ),
    _fault(
        "preprocessing_fn starts a process that outlives it, and exits",
        _TRANSFORM,
        _OUTLIVING,
        r"\bcode 5\b",
        "Transform",
        failed=False,
    ),
    _fault(
        "preprocessing_fn changes the working directory, and raises",
        _TRANSFORM,
        "import os; os.chdir('/'); raise OSError(5, 'x')",
        rf"{_TRANSFORM}:\d+",
        "OSError",
    ),
    _failing(
        "preprocessing_fn prints a gigabyte",
        f"in {_TRANSFORM}: `print` of 1 MiB, 1,024 times, then `raise`",
        _a_gigabyte,
        "Transform",
        "ValueError",
        r"the log has 1\d MiB",
    ),
    _written(
        "model that does not import",
        _MODEL,
        "import a_package_that_is_not_there\n",
        rf"{_MODEL}:1\b",
        "ModuleNotFoundError",
        failed="Trainer",
    ),
    _written("model that is not Python", _MODEL, "def build_model(:\n", r"(line |:)1\b"),
    _written("model without build_model", _MODEL, "pass\n", "build_model", failed="Trainer"),
    _written("model file missing", _MODEL, None),
)
