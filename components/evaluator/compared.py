"""What a candidate is compared with: the live version, or its twin where the live version was refit."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf
from tfx.dsl.io import fileio
from tfx.types import Artifact, artifact_utils
from tfx.utils import path_utils

from components.evaluator.eval_config import CHAMPION
from components.evaluator.evidence import LiveModel
from components.evaluator.scoring import LIVE
from components.evaluator.seen import trained_parts
from perennial.saved_models import ModelFault, OtherTask, load_model
from perennial.task import Task
from serving.model.folder import CARD_FILE


@dataclasses.dataclass(frozen=True)
class ComparedModels:
    """What is scored beside a candidate.

    Attributes:
        champion: What the candidate is compared with, with its problem if it is of no use; None if nothing is
            live.
        live: The live version where `champion` is its twin; None where it is no other.
        folders: Folder of each SavedModel to score, by its name among the scores.
    """

    champion: LiveModel | None
    live: LiveModel | None
    folders: Mapping[str, str]


def compared_with(
    live: Sequence[Artifact], twin: Sequence[Artifact], task: Task, *, stale: bool
) -> ComparedModels:
    """Loads the live version, and its twin.

    The twin was trained on rows up to where the candidate's end, and the live version on those that it was
    judged by, too: only with the twin the comparison is one of like with like.

    Args:
        live: The live version's artifact, or none.
        twin: Its twin's, or none. One that does not load counts as none.
        task: What they have to answer.
        stale: Whether the live version was trained on rows that a person rejected since.
    """
    present, folder = _loaded(live, task)
    if present is None:
        return ComparedModels(None, None, {})
    present = dataclasses.replace(present, stale=stale)
    if present.problem:
        return ComparedModels(present, None, {})
    judged, judged_folder = _loaded(twin, task)
    if judged is None or judged.problem:
        return ComparedModels(present, None, {CHAMPION: folder})
    champion = dataclasses.replace(judged, stale=stale, twin=True)
    return ComparedModels(champion, present, {CHAMPION: judged_folder, LIVE: folder})


def _loaded(artifacts: Sequence[Artifact], task: Task) -> tuple[LiveModel | None, str]:
    """Returns what is known of a model, with its problem if it does not load, and its folder."""
    if not artifacts:
        return None, ""
    path = str(path_utils.serving_model_path(artifact_utils.get_single_uri(list(artifacts))))
    try:
        card = _card_in(path)
        trained_on = card.get("trained_on") or {}
        version = card.get("version") or artifacts[0].get_int_custom_property("version") or None
        days = trained_on.get("first_day"), trained_on.get("last_day")
        model = LiveModel(version, *days, trained_parts(card))
        load_model(path, task)
    except OtherTask:
        return LiveModel(problem="it has another task, another label or other classes"), path
    except ModelFault as error:
        return LiveModel(problem=f"it cannot be loaded ({error})"), path
    return model, path


def _card_in(path: str) -> Mapping[str, Any]:
    """The model card in a model's folder; empty where there is none.

    Raises:
        ModelFault: It cannot be read, or `trained_on` is not an object whose days are text or null.
    """
    try:
        card = _read_card(f"{path}/{CARD_FILE}") if fileio.exists(f"{path}/{CARD_FILE}") else {}
    except (OSError, ValueError, tf.errors.OpError) as error:
        raise ModelFault(type(error).__name__) from error
    if not isinstance(card, dict):
        raise ModelFault(f"no card in its {CARD_FILE}")
    trained_on = card.get("trained_on") or {}
    if not isinstance(trained_on, dict) or not all(
        isinstance(trained_on.get(day), str | None) for day in ("first_day", "last_day")
    ):
        raise ModelFault(f"no days trained on in its {CARD_FILE}")
    return card


def _read_card(path: str) -> Any:
    with fileio.open(path) as file:
        return json.loads(file.read())
