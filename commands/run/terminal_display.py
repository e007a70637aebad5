"""Shows how a run goes on a terminal: a line that moves."""

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class TerminalDisplay:
    """A moving line for the running node, under a line for each that is done."""

    def __init__(self) -> None:
        """Draws the first line."""
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.fields[span]:<14}{task.description:<19}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        self._progress.start()
        self._task = self._progress.add_task("starting", span="", count="", total=None)

    def node(self, name: str, span: str) -> None:
        """Ends the former line and draws one for the node that began."""
        self._progress.update(self._task, total=1, completed=1)
        self._task = self._progress.add_task(name, span=span, count="", total=None)

    def progress(self, done: int, total: int | None, unit: str) -> None:
        """Moves the line of the running node."""
        count = f"{done:,} of {total:,} {unit}" if total else f"{done:,} {unit}"
        self._progress.update(self._task, completed=done, total=total, count=count)

    def close(self) -> None:
        """Ends the last line."""
        self._progress.update(self._task, total=1, completed=1)
        self._progress.stop()

    def warn(self, sentence: str) -> None:
        """Prints a line, above the moving one while there is one."""
        self._progress.console.print(sentence, markup=False, highlight=False)
