"""What the nodes follow from: the settings that each is given, and the digest of its code.

`create_pipeline` gives these to the nodes, and a run compares their digest with that of the run before. So
they are an allow-list: a setting that no node is given is no reason to judge or to train again
(docs/decisions/cache-keys.md). No TFX is imported here.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from components.agreement.settings import AgreementLimits
from components.evaluator.settings import ANCHOR_SHARE
from pipeline.config import UseCase
from pipeline.provenance import modules, source_digest

NodeSettings = Mapping[str, Mapping[str, Any]]
# How the nodes are joined; each node's own specification counts with it.
_WIRING: Final = ("pipeline.pipeline", "pipeline.publishing", "pipeline.resolvers")


def of_span(use_case: UseCase, span: str | None = None) -> NodeSettings:
    """What the nodes that read and judge a span are given of the use case, by node and parameter.

    Args:
        use_case: The use case.
        span: The span, as formats of dates may be in force from a span on; None: the newest.
    """
    exports = use_case.exports
    engine = _engine(use_case)
    return {
        "ArrowExampleGen": {
            "label": use_case.label,
            "task": use_case.answers.to_json(),
            "time_column": exports.time_column or "",
            "csv_format": exports.csv_format_of(span).to_json(),
            "max_bad_share": exports.max_bad_share,
            "max_unlabelled_share": exports.max_unlabelled_share,
            "anchor_share": exports.anchor_share,
            "tail_days": exports.tail_days,
            "engine": engine,
            "source": source_digest("components.arrow_example_gen.executor"),
        },
        "SpanStatistics": {
            "engine": engine,
            "source": source_digest("components.span_statistics.executor"),
        },
        "DataGate": {
            "settings": use_case.data.model_dump_json(),
            "label": use_case.label,
            "environment": "TRAINING",
            "time_zone": exports.time_zone or "",
            "drift": use_case.drift.model_dump_json(include={"policy"}),
            "source": source_digest("components.data_gate.executor"),
        },
    }


def of_days(use_case: UseCase) -> NodeSettings:
    """What the node that summarises a span's days is given of the use case, by node and parameter.

    Apart from `of_span`: no judgement follows from it, so an edit of its code judges no span again.
    """
    return {
        "DaySummaries": {
            "time_column": use_case.exports.time_column or "",
            "engine": _engine(use_case),
            "source": source_digest("components.day_summaries.executor"),
        },
    }


def of_window(use_case: UseCase, newest: str | None = None) -> NodeSettings:
    """What the nodes from the window to the Evaluator are given of the use case, by node and parameter.

    Without the Yardstick where the use case asks for none.

    Args:
        use_case: The use case.
        newest: The newest span of the window, by whose reading rules the version will read; None: those of
            the newest of all.
    """
    name = use_case.name
    task = use_case.answers.to_json()
    engine = _engine(use_case)
    # Only where it is not the default: with which version it begins follows from what is live (`WindowPlan`).
    warm = {"start": "warm"} if use_case.training.start == "warm" else {}
    settings: dict[str, Mapping[str, Any]] = {
        "Window": {
            "eval_days": use_case.window.eval_days,
            "eval_min_rows": use_case.window.eval_min_rows,
            "source": source_digest("components.window.executor"),
        },
        "WindowGate": {
            "use_case": name,
            "max_shrink": use_case.window.max_shrink,
            "source": source_digest("components.window_gate.executor"),
        },
        "Transform": {
            "preprocessing_fn": f"transforms.{name}.preprocessing_fn",
            "engine": engine,
            "source": source_digest("components.transform.executor", f"transforms.{name}"),
            **warm,
        },
        "Trainer": {
            "run_fn": "perennial.training.trainer.run_fn",
            "custom_config": {
                "model": f"models.{name}",
                "preprocessing": f"transforms.{name}",
                "time_column": use_case.exports.time_column,
                "task": task,
                "seed": use_case.training.seed,
                "hyperparameters": use_case.training.hyperparameters.for_model(),
                "private": sorted(use_case.serving.private),
                "reading": use_case.exports.csv_format_of(newest).version_rules.to_json(),
                "source": source_digest("perennial.training.trainer", f"models.{name}"),
                **warm,
            },
        },
        "ChampionResolver": {"source": source_digest("components.champion_resolver.executor")},
        "Evaluator": {
            "task": task,
            "time_column": use_case.exports.time_column or "",
            "settings": use_case.evaluation.model_dump_json(),
            "engine": engine,
            "code": json.dumps([f"transforms/{name}.py", f"models/{name}.py"]),
            "source": source_digest("components.evaluator.executor"),
        },
    }
    if use_case.evaluation.yardstick:
        settings["Yardstick"] = {"task": task, "source": source_digest("components.yardstick.executor")}
    return settings


def of_refit(use_case: UseCase, newest: str | None = None) -> NodeSettings:
    """What the nodes of a refit are given: of its Transform and its Trainer, what the judged model's were.

    Args:
        use_case: The use case.
        newest: The newest span of the window; None: the newest of all.
    """
    judged, anchors = of_window(use_case, newest), use_case.evaluation.anchors
    limits = AgreementLimits(
        bounds=use_case.training.agreement,
        anchor_rows=anchors.min_rows,
        anchor_increase=anchors.max_increase,
        anchor_share=ANCHOR_SHARE,
    )
    return {
        "RefitWindow": {"source": source_digest("components.refit_window.executor")},
        "RefitTransform": judged["Transform"],
        "RefitTrainer": judged["Trainer"],
        "Agreement": {
            "task": use_case.answers.to_json(),
            "limits": limits.model_dump_json(),
            "source": source_digest("components.agreement.executor"),
        },
    }


def of_publishing(use_case: UseCase) -> NodeSettings:
    """What the nodes that publish are given of the use case, by node and parameter.

    ServingProbe never repeats a verdict, and AtomicPusher publishes what others made; what is published
    follows from neither's code.
    """
    return {
        "ServingProbe": {
            "rows": use_case.serving.probe_rows,
            "source": source_digest("components.serving_probe.executor", "serving.offline.probe"),
        },
    }


def of_live_predictions(use_case: UseCase) -> NodeSettings:
    """What the node that scores a span with the live model is given of the use case.

    No judgement follows from it, so it is no part of `of_span` or `digest`: neither a push nor an edit of its
    code has a span judged again.
    """
    return {
        "LivePredictions": {
            "models": str(use_case.models_folder),
            "task": use_case.answers.to_json(),
            "time_column": use_case.exports.time_column or "",
            "source": source_digest("components.live_predictions.executor"),
        },
    }


def of_drift_effects(use_case: UseCase) -> NodeSettings:
    """What the node that says what drift alarms do to the live model's scores is given of the use case.

    No judgement follows from it, either.
    """
    return {
        "DriftEffects": {
            "models": str(use_case.models_folder),
            "task": use_case.answers.to_json(),
            "source": source_digest("components.drift_effects.executor"),
        },
    }


def of_next_spans(use_case: UseCase) -> NodeSettings:
    """What the node that judges a model of the past is given of the use case."""
    return {
        "NextSpanScores": {
            "task": use_case.answers.to_json(),
            "time_column": use_case.exports.time_column or "",
            "source": source_digest("components.next_span_scores.executor"),
        },
    }


def of_backtest(use_case: UseCase, newest: str, *, refit: bool) -> NodeSettings:
    """What the nodes of a model of the past are given, by node and parameter: those of now.

    Args:
        use_case: The use case.
        newest: The newest span of the window, as `of_window` takes it.
        refit: Whether the model is refit.
    """
    window = of_window(use_case, newest)
    learning = {node: window[node] for node in ("Window", "Transform", "Trainer")}
    return {**learning, **(of_refit(use_case, newest) if refit else {}), **of_next_spans(use_case)}


def wiring() -> str:
    """Digest of how the nodes are joined, their own specifications among it."""
    return source_digest(*_WIRING, *modules("components/*/component.py"), follow=False)


def begun_with(
    settings: NodeSettings, start: str, *, transform: str = "Transform", trainer: str = "Trainer"
) -> NodeSettings:
    """The same, with the version that a warm start begins with instead of the mere wish for one.

    Args:
        settings: What `of_window` or `of_refit` gives.
        start: JSON of that version, or of why there is none; empty: nobody asked for a warm start.
        transform: The node that transforms.
        trainer: The node that trains.
    """
    if not start:
        return settings
    config = {**settings[trainer]["custom_config"], "start": start}
    return {
        **settings,
        transform: {**settings[transform], "start": start},
        trainer: {**settings[trainer], "custom_config": config},
    }


def digest(use_case: UseCase, newest: str | None = None, **further: Any) -> str:
    """Digest of all that a trained and judged candidate follows from.

    Args:
        use_case: The use case.
        newest: The newest span that it is trained on.
        further: What is no setting, such as the spans; plain values.
    """
    nodes = {
        "span": of_span(use_case, newest),
        "window": of_window(use_case, newest),
        "publishing": of_publishing(use_case),
    }
    if use_case.training.refit:
        nodes["refit"] = of_refit(use_case, newest)
    return digest_of(**nodes, wiring=wiring(), **further)


def digest_of(**values: Any) -> str:
    """Digest of plain values, in hexadecimal digits."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _engine(use_case: UseCase) -> str:
    """Where what can be done in memory is done."""
    return "beam" if use_case.on_cluster else "in_memory"
