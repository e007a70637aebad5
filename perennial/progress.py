"""Tells whoever listens how far the running node is; nobody listening costs nothing."""

from collections.abc import Callable

Listener = Callable[[int, int | None, str], None]

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Calls `listener(done, total, unit)` at every report made in this process from now on."""
    _listeners.append(listener)


def report(done: int, total: int | None, unit: str) -> None:
    """Says that `done` of `total` (None: not known) units, such as rows or epochs, are done."""
    for listener in _listeners:
        listener(done, total, unit)
