"""GATE's scores: the distance of a partition's summary from its nearest ones before.

`cluster=False`: clustering columns embeds their names with a network whose weights are downloaded.
"""

import warnings
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from benchmarks.quality.drift.tools.work import DAILY, Base, RowBatch, Score, Scores, main

PERCENTILE = 95  # from this percentile of the former scores on GATE says that a partition is drifted
PARTITION = "_day"
STRONGEST = 3  # so many columns are what its alarm names


def make(base: Base, period: str) -> Score:
    """Scores by `detect_drift` against all days, or months, before."""
    import gate
    from gate.summary import Summary

    warnings.filterwarnings("ignore")
    columns = list(base.columns)
    rows = base.rows
    if period != DAILY:
        month_of = np.concatenate([np.full(last - first, first) for first, last in base.months])
        rows = rows.assign(_day=month_of[rows[PARTITION].to_numpy()])
    clean = {summary.partition: summary for summary in gate.summarize(rows, columns, {}, PARTITION)}

    def summary_of(batch: RowBatch) -> Summary:
        """The batch's summary; columns that it did not touch have the clean one's."""
        before = clean[batch.first]
        touched = batch.rows[list(batch.columns)].assign(_day=batch.first)
        for name in batch.columns:
            if name in base.text:
                touched[name] = touched[name].astype(object)
        (new,) = gate.summarize(touched, list(batch.columns), {}, PARTITION)
        old = before.summary[~before.summary["column"].isin(batch.columns)]
        value = pd.concat([old, new.summary], ignore_index=True)
        order = {name: place for place, name in enumerate(before.summary["column"])}
        value = value.sort_values("column", key=lambda names: names.map(order), ignore_index=True)
        return Summary(
            value, None, before._string_columns, before._float_columns, before._int_columns, {}, {}, {},
            PARTITION, batch.first,
        )  # fmt: skip

    def scores(batches: Sequence[RowBatch]) -> Iterator[Scores]:
        for batch in batches:
            previous = [clean[day] for day in sorted(clean) if day < batch.first]
            result = gate.detect_drift(summary_of(batch), previous, cluster=False)
            former = result._all_scores.drop(batch.first)
            strength = result.drill_down()["z-score"].abs().groupby("column").max()
            score = result.score / max(float(np.percentile(former, PERCENTILE)), 1e-12)
            columns = {str(name): {"z": float(z)} for name, z in strength.items()}
            strongest = sorted(columns, key=lambda name: -columns[name]["z"])[:STRONGEST]
            yield {
                "score": float(score),
                "columns": columns,
                "alarmed": strongest if result.is_drifted else [],
            }

    return scores


if __name__ == "__main__":
    main(make)
