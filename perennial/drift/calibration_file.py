"""The file of a calibration: an .npz of arrays and a JSON head, no pickles; equal content, equal bytes."""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from perennial.drift.calibration import Calibration
from perennial.drift.codings import Codings, NumberCoding, TextCoding
from perennial.drift.day_grid import DayGrid
from perennial.drift.joint import JointModel
from perennial.drift.measures import Measure
from perennial.drift.rate import Rate
from perennial.drift.residuals import Baseline, DayExpectation
from perennial.drift.scoring import Scoring
from perennial.drift.still_shares import StillShares
from perennial.drift.tails import Tails
from perennial.drift.threshold import PeakTail
from perennial.errors import CalibrationDamaged
from perennial.files import written_aside

FORMAT: Final = 2
_JOINT: Final = "joint/"
_TIME: Final = (1980, 1, 1, 0, 0, 0)
_ARRAYS: Final = ("values", "noise", "scores", "thresholds")
_EXPECTATION: Final = ("weekday", "yesterday", "clip")
_SCORING: Final = ("noise", "centre", "scale", "odd_centre", "odd_scale")
_TAILS: Final = ("start", "scale", "shape")


def write_calibration(path: Path, calibration: Calibration) -> None:
    """Writes the calibration, by renaming."""
    arrays = {name: getattr(calibration, name) for name in _ARRAYS}
    arrays["left_out"] = calibration.grid.left_out
    scoring = calibration.scoring
    arrays |= {f"expectation/{name}": getattr(scoring.expectation, name) for name in _EXPECTATION}
    arrays |= {f"scoring/{name}": getattr(scoring, name) for name in _SCORING}
    arrays |= {f"tails/{name}": getattr(scoring.tails, name) for name in _TAILS}
    arrays["still/end"] = scoring.still.end
    arrays["days"], arrays["odd"] = (
        each.astype("datetime64[D]").astype(np.int64)
        for each in (calibration.grid.days, calibration.grid.odd)
    )
    for place, coding in enumerate(calibration.codings.columns.values()):
        if isinstance(coding, TextCoding):
            arrays[f"seen/{place}"], arrays[f"since/{place}"] = coding.seen, coding.since
    if calibration.joint.names:
        arrays |= {f"{_JOINT}{name}": each for name, each in calibration.joint.to_arrays().items()}
    arrays["head"] = np.frombuffer(json.dumps(_head(calibration)).encode(), np.uint8)
    with (
        written_aside(path) as aside,
        zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out,
    ):
        for name, array in arrays.items():
            content = io.BytesIO()
            np.save(content, np.ascontiguousarray(array), allow_pickle=False)
            out.writestr(zipfile.ZipInfo(f"{name}.npy", _TIME), content.getvalue(), zipfile.ZIP_DEFLATED)


def _head(calibration: Calibration) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "rate": calibration.rate.text,
        "daily": calibration.grid.daily,
        "measures": [[each.column, each.kind, each.value.hex(), each.added] for each in calibration.measures],
        "baselines": [[each.name, each.window, each.lag, each.length] for each in calibration.baselines],
        "codings": [[name, _coding(coding)] for name, coding in calibration.codings.columns.items()],
        "first_move": calibration.scoring.still.first_move,
        "threshold": calibration.threshold,
        "peaks": [calibration.peaks.start, calibration.peaks.rate, calibration.peaks.excess],
        "needed": calibration.needed,
        "unused": calibration.unused,
    }


def _coding(coding: NumberCoding | TextCoding) -> list[Any]:
    if isinstance(coding, NumberCoding):
        return [coding.binary, coding.lowest, coding.highest, coding.least_width]
    return [[value.hex() for value in coding.values], coding.whole, coding.start]


def read_calibration(path: Path) -> Calibration:
    """Reads what `write_calibration` wrote.

    Raises:
        CalibrationDamaged: There is no such file, or it is not what was written.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        head = json.loads(arrays["head"].tobytes())
        if head["format"] != FORMAT:
            raise ValueError("another format")
        return _calibration(head, arrays)
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        EOFError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise CalibrationDamaged(
            f"{path} is no calibration that this release reads ({type(error).__name__}).",
            "Run `calibrate`: it makes a new one from the accepted history.",
        ) from error


def _calibration(head: Mapping[str, Any], arrays: Mapping[str, Any]) -> Calibration:
    days, odd = (arrays[name].astype("datetime64[D]") for name in ("days", "odd"))
    columns = {
        name: _read_coding(coding, place, arrays) for place, (name, coding) in enumerate(head["codings"])
    }
    joint = {name[len(_JOINT) :]: each for name, each in arrays.items() if name.startswith(_JOINT)}
    scoring = Scoring(
        expectation=DayExpectation(*(arrays[f"expectation/{name}"] for name in _EXPECTATION)),
        tails=Tails(*(arrays[f"tails/{name}"] for name in _TAILS)),
        still=StillShares(arrays["still/end"], float(head["first_move"])),
        **{name: arrays[f"scoring/{name}"] for name in _SCORING},
    )
    return Calibration(
        rate=Rate.parse(head["rate"]),
        grid=DayGrid(days, head["daily"], odd, arrays["left_out"]),
        measures=tuple(
            Measure(name, kind, bytes.fromhex(value), added) for name, kind, value, added in head["measures"]
        ),
        codings=Codings(columns),
        joint=JointModel.from_arrays(joint) if joint else JointModel.none(),
        baselines=tuple(Baseline(*each) for each in head["baselines"]),
        scoring=scoring,
        threshold=float(head["threshold"]),
        peaks=PeakTail(*head["peaks"]),
        needed=int(head["needed"]),
        unused=tuple((name, reason) for name, reason in head["unused"]),
        **{name: arrays[name] for name in _ARRAYS},
    )


def _read_coding(coding: list[Any], place: int, arrays: Mapping[str, Any]) -> NumberCoding | TextCoding:
    if f"seen/{place}" not in arrays:
        return NumberCoding(*coding)
    values, whole, start = coding
    texts = tuple(bytes.fromhex(value) for value in values)
    return TextCoding(texts, whole, arrays[f"seen/{place}"], arrays[f"since/{place}"], start)
