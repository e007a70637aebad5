"""Prints, as JSON, what the template's Evaluator measured over all rows; apart, so that it is not measured.

Usage: python -m benchmarks.speed.chain.template.evaluation EVALUATION_FOLDER
"""

import json
import sys

import tensorflow_model_analysis as tfma


def main() -> None:
    """Prints the rows evaluated, the slices, log loss and AUC."""
    result = tfma.load_eval_result(sys.argv[1])
    overall = next(metrics for key, metrics in result.slicing_metrics if not key)[""][""]
    values = {name: value["doubleValue"] for name, value in overall.items() if "doubleValue" in value}
    figures = {
        "rows_evaluated": int(values["example_count"]),
        "slices": len(result.slicing_metrics) - 1,
        "log_loss": values["binary_crossentropy"],
        "auc": values["auc"],
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
