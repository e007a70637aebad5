"""Faults of a user's functions: they raise, exit, are killed, print, hang, start other processes."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.proofs.faults.scene import Fault, Scene, Told

_MODEL, _TRANSFORM = "models/flights.py", "transforms/flights.py"
_FUNCTION = {_MODEL: "def build_model(", _TRANSFORM: "def preprocessing_fn("}
_OUTLIVING = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    open({file!r}, "w").write(str(os.getpid()))
    time.sleep(3600)
os._exit(5)
"""


def _fault(name: str, path: str, code: str, says: str) -> Fault:
    """A fault of code that runs as the module with a user's function is imported by its node."""

    @contextmanager
    def inject(scene: Scene) -> Iterator[Told]:
        text = (scene.clone / path).read_text()
        child = scene.folder / "child"
        child.unlink(missing_ok=True)
        body = code.format(file=str(child))
        # In the function, so that reading its source does not run it.
        head, function, rest = text.partition(_FUNCTION[path])
        signature, colon, inner = rest.partition(":\n")
        lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
        (scene.clone / path).write_text(f"{head}{function}{signature}{colon}{lines}{inner}")
        yield scene.run()
        (scene.clone / path).write_text(text)
        if child.exists():
            os.kill(int(child.read_text()), signal.SIGKILL)

    return Fault(
        name, f"in {path}: `{' '.join(code.split())[:90]}`", inject, 1, says, ("KEPT",), landed=False
    )


def _written(name: str, path: str, change: str | None, says: str) -> Fault:
    """A fault of a whole file: another text, or none at all."""

    @contextmanager
    def inject(scene: Scene) -> Iterator[Told]:
        text = (scene.clone / path).read_text()
        (scene.clone / path).unlink()
        if change is not None:
            (scene.clone / path).write_text(change)
        yield scene.run()
        (scene.clone / path).write_text(text)

    return Fault(
        name,
        f"{path}: `{change}`" if change is not None else f"{path} removed",
        inject,
        1,
        says,
        ("KEPT",),
        landed=False,
    )


@contextmanager
def _a_gigabyte(scene: Scene) -> Iterator[Told]:
    text = (scene.clone / _TRANSFORM).read_text()
    head, function, rest = text.partition(_FUNCTION[_TRANSFORM])
    signature, colon, inner = rest.partition(":\n")
    line = "    for _ in range(1024): print('x' * (1 << 20))\n"
    (scene.clone / _TRANSFORM).write_text(
        f"{head}{function}{signature}{colon}{line}    raise ValueError\n{inner}"
    )
    told = scene.run()
    largest = max(path.stat().st_size for path in scene.root.glob("runs/*/log.txt"))
    yield Told(told.code, f"{told.text}\nthe log has {largest >> 20} MiB", told.verdict)
    (scene.clone / _TRANSFORM).write_text(text)


FAULTS = (
    _fault(
        "preprocessing_fn raises",
        _TRANSFORM,
        "raise RuntimeError('a value: 4711')",
        r"Transform failed.*transforms/flights\.py:\d+: RuntimeError\.(?!.*4711)",
    ),
    _fault(
        "build_model raises with a value of the data",
        _MODEL,
        "raise RuntimeError('a value: 4711')",
        r"Trainer failed.*models/flights\.py:\d+: RuntimeError\.(?!.*4711)",
    ),
    _fault(
        "build_model calls sys.exit(0)",
        _MODEL,
        "import sys; sys.exit(0)",
        r"Trainer failed.*models/flights\.py:\d+: SystemExit",
    ),
    _fault(
        "preprocessing_fn calls os._exit(0)",
        _TRANSFORM,
        "import os; os._exit(0)",
        r"process was ended with exit code 0 at Transform",
    ),
    _fault(
        "build_model is killed for its memory",
        _MODEL,
        "import os; os.kill(os.getpid(), 9)",
        r"killed by SIGKILL at Trainer",
    ),
    _fault(
        "preprocessing_fn starts a process that outlives it, and exits",
        _TRANSFORM,
        _OUTLIVING,
        r"ended with exit code 5 at Transform",
    ),
    _fault(
        "preprocessing_fn changes the working directory, and raises",
        _TRANSFORM,
        "import os; os.chdir('/'); raise OSError(5, 'x')",
        r"Transform failed",
    ),
    Fault(
        "preprocessing_fn prints a gigabyte",
        f"in {_TRANSFORM}: `print` of 1 MiB, 1,024 times, then `raise`",
        _a_gigabyte,
        1,
        r"Transform failed(.|\n)*the log has 1\d MiB",
        ("KEPT",),
        landed=False,
    ),
    _written(
        "model that does not import",
        _MODEL,
        "import a_package_that_is_not_there\n",
        r"failed.*models/flights\.py:1: ModuleNotFoundError",
    ),
    _written("model that is no Python", _MODEL, "def build_model(:\n", r"is not Python"),
    _written(
        "model without build_model",
        _MODEL,
        "pass\n",
        r"failed.*models/flights\.py: there is no function `build_model`",
    ),
    _written("no model at all", _MODEL, None, r"There is no models/flights.py"),
)
