"""The process that makes calibrations: orders on standard input, outcomes on standard output, in lines.

`python -m perennial.drift.calibration_process`; no TFX, no TensorFlow. It ends when its input does.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

from perennial.drift.calibration_order import carry_out
from perennial.drift.orders import CalibrationOrder
from perennial.errors import PerennialError

OUTCOME: Final = "outcome"
PROBLEM: Final = "problem"


def main() -> None:
    """Carries out orders; an error that a user can meet is a line too, any other one ends the process."""
    for line in sys.stdin:
        asked = json.loads(line)
        order = CalibrationOrder.model_validate(asked["order"])
        answer: dict[str, Any]
        try:
            answer = {OUTCOME: carry_out(order, Path(asked["file"])).model_dump()}
        except PerennialError as error:
            answer = {PROBLEM: [error.problem, error.remedy]}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
