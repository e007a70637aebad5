"""Publishes the candidate, or says why not, or that it waits; a record is left in any case."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import path_utils

from components.atomic_pusher.card import model_card, refit_card, without_refit
from perennial import clock
from perennial.errors import LiveChanged
from perennial.files import read_json, write_json
from perennial.push_rules import PushRules
from perennial.store import registry
from perennial.store.ledger import Ledger

FORMAT = 1


class Executor(base_executor.BaseExecutor):
    """Executor of the AtomicPusher component."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Publishes what the Evaluator and the probe both blessed; writes `pushed.json` in any case."""
        withheld = _withheld(input_dict)
        record: dict[str, Any]
        if withheld:
            record = _not_pushed(withheld)
        else:
            model, card = _published(input_dict, json.loads(exec_properties["card"]))
            record = push(model, card, exec_properties)
        pushed = artifact_utils.get_single_instance(output_dict["pushed_model"])
        pushed.set_int_custom_property("pushed", int(record["pushed"]))
        if record["pushed"]:
            pushed.set_string_custom_property("pushed_version", str(record["version"]))
        Path(pushed.uri).mkdir(parents=True, exist_ok=True)
        write_json(Path(pushed.uri) / "pushed.json", {"format": FORMAT, **record})


def _published(
    input_dict: Mapping[str, list[types.Artifact]], known: Mapping[str, Any]
) -> tuple[Path, dict[str, Any]]:
    """The SavedModel to publish, and its card: the candidate, or its refit if the two agree."""
    folders = {key: Path(artifact_utils.get_single_uri(each)) for key, each in input_dict.items() if each}
    window = read_json(folders["examples"] / "window.json")
    card = model_card(read_json(folders["evaluation"] / "judgement.json"), window, known)
    model = Path(path_utils.serving_model_path(str(folders["model"])))
    if "agreement" not in folders:
        return model, card
    agreement = read_json(folders["agreement"] / "agreement.json")
    if artifact_utils.get_single_instance(input_dict["agreement"]).get_int_custom_property("blessed") != 1:
        return model, without_refit(card, agreement)
    refit_window = read_json(folders["refit_examples"] / "window.json")
    refit = Path(path_utils.serving_model_path(str(folders["refit_model"])))
    return refit, refit_card(card, model, refit_window, agreement)


def _withheld(input_dict: Mapping[str, list[types.Artifact]]) -> str:
    """Why the candidate must not be pushed; empty when both gates blessed it."""
    for key, gate in (("model_blessing", "Evaluator"), ("infra_blessing", "serving probe")):
        artifact = artifact_utils.get_single_instance(input_dict[key])
        if artifact.get_int_custom_property("blessed") != 1:
            return f"Not pushed: the {gate} did not bless the candidate."
    return ""


def push(model: Path, card: Mapping[str, Any], destination: Mapping[str, Any]) -> dict[str, Any]:
    """Publishes the SavedModel in `model`, unless it is live, rolled back from, to wait, or live has changed.

    Args:
        model: The candidate's SavedModel folder.
        card: What its model card says.
        destination: `models` (folder), `ledger` (file), `champion` (version number, 0 for none), `run_id` and
            `push_rules` (JSON).

    Returns:
        `pushed`, `version` (None if not pushed), `reason` (a sentence), `waits`, and `candidate`: what
        publishing it later needs (`perennial.store.candidates.WaitingCandidate`), None if it does not wait.
    """
    models = Path(destination["models"])
    live = registry.live(models)
    digest = registry.model_digest(model)
    # A damaged live version is healed by an equal candidate.
    if live and live.card and live.card["model_digest"] == digest and not live.damage():
        return _not_pushed(f"Not pushed: identical to version {live.number}, which is live.")
    ledger = Ledger(Path(destination["ledger"]))
    try:
        if wrong := registry.why_rolled_back(ledger, digest):
            return _not_pushed(wrong)
        champion = destination["champion"] or None
        registry.expect_live(models, champion)
        if waits := _waits(model, digest, card, destination):
            return waits
        version = registry.publish(
            models,
            ledger,
            model,
            card,
            champion=champion,
            run_id=destination["run_id"],
            why="A run pushed it.",
        )
    except LiveChanged as error:
        return _not_pushed(f"Not pushed. {error}")
    finally:
        ledger.close()
    return {**_not_pushed(f"Version {version} is live."), "pushed": True, "version": version}


def _not_pushed(reason: str) -> dict[str, Any]:
    """The record of a candidate that is not pushed, and does not wait."""
    return {"pushed": False, "version": None, "reason": reason, "waits": False, "candidate": None}


def _waits(
    model: Path, digest: str, card: Mapping[str, Any], destination: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The record of a candidate that waits, by the rules at this moment; None if it may be pushed.

    A chain that began on a day without a freeze may end on one with it.
    """
    now, rules = clock.now(), PushRules.from_json(destination["push_rules"])
    withheld = rules.withhold(now)
    if withheld is None:
        return None
    reason = rules.sentence(now, Path(destination["models"]).parent.name)
    facts = {"model": str(model), "digest": digest, "card": card, "champion": destination["champion"]}
    return {**_not_pushed(reason), "waits": True, "candidate": {**facts, "withheld": withheld}}
