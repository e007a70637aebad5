"""What a worker serves: how versions are found, told, taken in and let go."""

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import tensorflow as tf

from serving.errors import ServingError
from serving.model.models import LoadedVersion, Models, VersionStatus
from serving.model.saved_model import LoadError
from serving.model.scoring_thread import ScoringThread

X = {"x": np.array([1.0], np.float32)}


def _state(
    live: int | None, labels: dict[str, int] | None = None, **versions: str
) -> dict[str, dict[str, Any]]:
    """State of the model "plus": v10="AVAILABLE" and so on."""
    states = {name[1:]: {"state": state, "error": ""} for name, state in versions.items()}
    return {"plus": {"versions": states, "live": live, "labels": labels or {}}}


def _with_models(test: Callable[[Models], Awaitable[None]], timeout: float = 10) -> None:
    async def body() -> None:
        thread = ScoringThread(100, lambda *_: None)
        await test(Models(["plus"], thread, timeout))
        await thread.close()

    asyncio.run(body())


async def _y(version: LoadedVersion, **options: Any) -> float:
    return float((await version.run("serving_default", X, **options))["y"][0])


def test_a_version_answers_once_it_is_available_and_live(plus_ten: Path) -> None:
    async def test(models: Models) -> None:
        assert not models.ready
        version = LoadedVersion("plus", 10, plus_ten)
        with pytest.raises(ServingError, match="not available yet"):
            await _y(version)
        models.add(version)
        models.apply(_state(None, v10="LOADING"))
        with pytest.raises(ServingError, match=r"Servable not found for request: Specific\(plus, 10\)"):
            models.find("plus", 10)
        assert not models.ready
        models.apply(_state(10, v10="AVAILABLE"))
        assert models.ready
        assert models.find("plus") is models.find("plus", 10) is version
        assert models.live == models.loaded == [version]
        assert models.live_numbers == {"plus": 10}
        assert await _y(version) == 11

    _with_models(test)


def test_a_version_is_pinned_by_its_number_and_by_a_label(plus_ten: Path) -> None:
    async def test(models: Models) -> None:
        old, new = LoadedVersion("plus", 1, plus_ten), LoadedVersion("plus", 2, plus_ten)
        models.add(old)
        models.add(new)
        models.apply(_state(2, {"stable": 1, "canary": 2}, v1="AVAILABLE", v2="AVAILABLE"))
        assert models.find("plus") is new
        assert models.find("plus", 1) is models.find("plus", label="stable") is old
        assert models.labels("plus") == {"stable": 1, "canary": 2}
        models.apply(_state(2, {"stable": 2, "canary": 1}, v1="AVAILABLE", v2="AVAILABLE"))
        assert models.find("plus", label="stable") is new
        assert models.find("plus", label="canary") is old

    _with_models(test)


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        ({"model": "other"}, grpc.StatusCode.NOT_FOUND, "Servable not found for request: Latest(other)"),
        (
            {"model": "plus", "version": 7},
            grpc.StatusCode.NOT_FOUND,
            "Servable not found for request: Specific(plus, 7)",
        ),
        (
            {"model": "plus", "label": "stable"},
            grpc.StatusCode.INVALID_ARGUMENT,
            "Unrecognized servable version label: stable",
        ),
    ],
)
def test_a_missing_version_is_reported_in_tf_servings_words(
    plus_ten: Path, asked: dict[str, Any], code: grpc.StatusCode, words: str
) -> None:
    async def test(models: Models) -> None:
        models.add(LoadedVersion("plus", 10, plus_ten))
        models.apply(_state(10, v10="AVAILABLE"))
        with pytest.raises(ServingError) as raised:
            models.find(**asked)
        assert (raised.value.code, raised.value.message) == (code, words)

    _with_models(test)


def test_the_status_is_what_was_applied_the_newest_first() -> None:
    async def test(models: Models) -> None:
        state = _state(None, {"canary": 9}, v9="LOADING", v10="START")
        state["plus"]["versions"]["2"] = {"state": "END", "error": "It broke."}
        models.apply(state)
        assert models.status("plus") == [
            VersionStatus(10, "START"),
            VersionStatus(9, "LOADING"),
            VersionStatus(2, "END", "It broke."),
        ]
        assert models.status("plus", 2) == [VersionStatus(2, "END", "It broke.")]
        assert models.status("plus", label="canary") == [VersionStatus(9, "LOADING")]
        for asked, words in (
            ({"version": 7}, "Could not find version 7 of model plus"),
            ({"label": "stable"}, "Unrecognized servable version label: stable"),
        ):
            with pytest.raises(ServingError, match=words):
                models.status("plus", **asked)
        with pytest.raises(ServingError, match="Could not find any versions of model other"):
            models.status("other")

    _with_models(test)


async def _closed(version: LoadedVersion, seconds: float = 5.0) -> bool:
    """Whether the version's session is closed within some seconds."""
    for _ in range(int(seconds / 0.02)):
        try:
            version.saved.run("serving_default", X)
        except (RuntimeError, tf.errors.CancelledError):
            return True
        await asyncio.sleep(0.02)
    return False


def test_a_version_that_is_dropped_while_it_answers_is_closed_only_after(plus_ten: Path) -> None:
    async def test(models: Models) -> None:
        version = LoadedVersion("plus", 10, plus_ten)
        models.add(version)
        models.apply(_state(10, v10="AVAILABLE"))
        steps = np.array([1500.0], np.float32)
        asked = asyncio.ensure_future(version.run("slowly", {"x": steps}))
        await asyncio.sleep(0.02)
        assert version.inflight == 1
        models.apply(_state(None, v10="END"))
        with pytest.raises(ServingError, match="Servable not found"):
            models.find("plus", 10)
        assert not models.ready
        assert (await asked)["y"].tolist() == [1510]
        assert version.inflight == 0
        assert await _closed(version)

    _with_models(test)


def test_a_version_whose_request_is_still_read_is_not_closed(plus_ten: Path) -> None:
    async def test(models: Models) -> None:
        version = LoadedVersion("plus", 10, plus_ten)
        models.add(version)
        models.apply(_state(10, v10="AVAILABLE"))
        with version.held():
            models.apply({})
            assert not await _closed(version, 0.3)
            assert await _y(version) == 11
        assert await _closed(version)

    _with_models(test)


def test_a_version_that_is_loaded_again_takes_the_place_of_the_former(plus_ten: Path) -> None:
    async def test(models: Models) -> None:
        former, version = LoadedVersion("plus", 10, plus_ten), LoadedVersion("plus", 10, plus_ten)
        models.add(former)
        models.add(version)
        models.apply(_state(10, v10="AVAILABLE"))
        assert models.find("plus") is version
        assert await _closed(former)
        assert await _y(version) == 11

    _with_models(test)


def test_a_request_has_the_shorter_of_its_deadline_and_the_servers(plus_ten: Path) -> None:
    async def test(models: Models) -> None:
        version = LoadedVersion("plus", 10, plus_ten)
        models.add(version)
        slow = {"x": np.array([1000.0], np.float32)}
        for timeout in (0.05, None, 60.0):
            with pytest.raises(ServingError) as raised:
                await version.run("slowly", slow, timeout=timeout)
            assert raised.value.code is grpc.StatusCode.DEADLINE_EXCEEDED

    _with_models(test, timeout=0.1)


def test_what_the_graph_cannot_take_has_the_code_of_tensorflows_error(plus_ten: Path) -> None:
    async def test(models: Models) -> None:
        version = LoadedVersion("plus", 10, plus_ten)
        models.add(version)
        with pytest.raises(ServingError) as raised:
            await version.run("serving_default", {"x": np.array(["a"], object)})
        assert raised.value.http_status == 400
        assert "\n" not in raised.value.message
        assert await _y(version) == 11

    _with_models(test)


def test_a_version_without_a_schema_takes_no_raw_rows(plus_ten: Path) -> None:
    async def test(models: Models) -> None:
        version = LoadedVersion("plus", 10, plus_ten)
        models.add(version)
        assert version.engine is None
        assert version.card == {}
        with pytest.raises(ServingError, match="takes no raw rows"):
            await version.score([{}])

    _with_models(test)


@pytest.mark.parametrize(("text", "card"), [('{"a": 1}', {"a": 1}), ("[1]", {}), ("{", {})])
def test_a_model_card_is_read_where_it_is_one(
    plus_ten: Path, tmp_path: Path, text: str, card: dict[str, Any]
) -> None:
    folder = tmp_path / "1"
    shutil.copytree(plus_ten, folder)
    (folder / "model_card.json").write_text(text)
    assert LoadedVersion("plus", 1, folder).card == card


def test_a_schema_beside_a_model_of_tensors_does_not_load(plus_ten: Path, tmp_path: Path) -> None:
    folder = tmp_path / "1"
    shutil.copytree(plus_ten, folder)
    (folder / "assets.extra").mkdir()
    (folder / "assets.extra" / "schema.json").write_text(json.dumps({"feature": []}))
    with pytest.raises(LoadError, match="takes raw rows"):
        LoadedVersion("plus", 1, folder)
