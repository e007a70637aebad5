"""`backtest` of three months, undisturbed and killed several times: figures, and an unchanged use case."""

import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.harness.leftovers import leftovers_of
from benchmarks.harness.resume import Result
from benchmarks.proofs.kills.homes import command, leftovers, live_answers
from benchmarks.proofs.past.content import content_of, differing, digest_of
from benchmarks.proofs.past.places import MONTHS, ProofFolders
from perennial.files import read_json
from pipeline.backtest.root import BACKTESTS, LOCK, MODELS, RESULTS, WORK

_ORDER: Final = ("backtest", "flights", *MONTHS, "--every", "never,1", "--windows", "all", "--json")
# Times, and what says them in words.
_TIMES: Final = ("seconds", "cpu_seconds", "sentence")


def undisturbed(places: ProofFolders) -> Result:
    """A backtest that nothing disturbs: the seconds that it took, and its end.

    Raises:
        StepFailed: It failed.
    """
    places.restore()
    return {"seconds": places.run(*_ORDER), "end": _end(places)}


def one_round(
    places: ProofFolders, calm: Result, before: Mapping[str, Any], chance: random.Random, most: int
) -> Result:
    """Kills a backtest, up to so many times, lets it end, and compares.

    Args:
        places: Where.
        calm: The undisturbed backtest.
        before: Content of the root before it.
        chance: Of moments and ways.
        most: How many kills, at most.
    """
    places.restore()
    kills = places.kill(_ORDER, places.root / BACKTESTS / LOCK, calm["seconds"], chance, most)
    code = command(places.home, *_ORDER, code=places.code)
    return {
        "kills": kills,
        "differs": [
            *([f"exit code {code}"] if code else []),
            *differing(_end(places), calm["end"]),
            *differing(content_of(places.root), before),
        ],
        "live_answers": live_answers(places.home),
        "left": [*leftovers(places.home), *leftovers_of(places.root / BACKTESTS / WORK / "flights")],
    }


def without_times(content: Any) -> Any:
    """The content of a `backtest.json` without seconds, and without the sentence that names some."""
    if isinstance(content, dict):
        return {key: without_times(value) for key, value in content.items() if key not in _TIMES}
    return [without_times(each) for each in content] if isinstance(content, list) else content


def _end(places: ProofFolders) -> dict[str, Any]:
    """Digests of the parts of `backtest.json`, and which files lie in the folder of the backtests."""
    folder = places.root / BACKTESTS
    files = [path for path in folder.glob("*/backtest.json") if path.parent.name != WORK]
    parts = without_times(read_json(files[0])) if files else {}
    return {
        **{f"backtest.json: {key}": digest_of(value) for key, value in parts.items()},
        **{f"backtests: {name}": kept for name, kept in _kept(folder).items()},
    }


def _kept(folder: Path) -> dict[str, Any]:
    """Names of results and models, and how many outputs of each node."""
    below = (folder / WORK).glob("flights/artifacts/*/*/*")
    outputs = Counter(path.parent.parent.name for path in below if path.name.isdecimal())
    names = {name: sorted(path.name for path in (folder / name).glob("*")) for name in (RESULTS, MODELS)}
    return {"folders": sorted(path.name for path in folder.iterdir()), "outputs": dict(outputs), **names}
