"""The page asks nobody but its server, runs nothing but its own script, and is told what it shows."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from serving.http import page
from serving.model.checks import RowChecks
from serving.model.folder import WARMUP_FILE
from serving.model.models import LoadedVersion
from serving.requests.warmup import write_warmup
from tests.serving.bounded_versions import bounded

TEXT = page.PAGE.decode()


@pytest.fixture(scope="module")
def version(tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> LoadedVersion:
    bounds: dict[str, Any] = {
        "colour": {"string_domain": {"value": ["red", "</script><b>"]}, "presence": {"min_fraction": 1.0}},
        "size": {"int_domain": {"min": "-5", "max": "6"}},
        "heat": {"float_domain": {"min": -10.5}},
    }
    folder = bounded(tiny.serving_model_dir, tmp_path_factory.mktemp("page") / "1", bounds)
    (folder / WARMUP_FILE).unlink()
    card = {"description": "Is it <i>good</i>?", "metrics": {"auc": float("nan"), "log_loss": 0.5}}
    (folder / "model_card.json").write_text(json.dumps(card))
    return LoadedVersion("tiny", 3, folder)


def test_nothing_is_fetched_from_elsewhere() -> None:
    assert not re.search(r"(src|href|url)\s*[=(]\s*['\"]?\s*(https?:)?//", TEXT)
    assert "http://" not in TEXT
    assert "https://" not in TEXT


def test_only_the_pages_own_script_and_style_run() -> None:
    policy = page.HEADERS["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert policy.count("'sha256-") == TEXT.count("<script>") + TEXT.count("<style>") == 2
    assert not re.search(r"<[^>]+ (style|on[a-z]+)=", TEXT)


def test_what_is_shown_is_text_and_never_markup() -> None:
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("):
        assert way not in TEXT


def test_the_page_gets_columns_example_and_card(version: LoadedVersion) -> None:
    models = page.models_json([version], {"tiny": 3, "waits": None})
    tiny, waits = models["models"]
    assert (tiny["name"], tiny["live"], tiny["description"]) == ("tiny", 3, "Is it <i>good</i>?")
    assert waits == {"name": "waits", "live": None, "description": "", "versions": []}
    (served,) = tiny["versions"]
    columns = {column["name"]: column for column in served["columns"]}
    assert list(columns) == ["day", "colour", "size", "heat"]
    assert columns["size"] == {
        "name": "size", "kind": "int", "low": -5, "high": 6, "domain": (), "formats": (),
        "may_be_missing": True,
    }  # fmt: skip
    assert (columns["heat"]["low"], columns["heat"]["high"]) == (-10.5, None)
    assert columns["colour"]["domain"] == ("red", "</script><b>")
    assert not columns["colour"]["may_be_missing"]
    # A browser's JSON has no NaN.
    assert served["card"]["metrics"] == {"auc": None, "log_loss": 0.5}
    json.dumps(models, allow_nan=False)


def test_the_example_row_is_one_that_the_model_takes(version: LoadedVersion) -> None:
    (model,) = page.models_json([version], {"tiny": 3})["models"]
    row = model["versions"][0]["example"]
    assert row == {"day": None, "colour": "red", "size": 0, "heat": -10.5}
    assert version.engine
    checks: RowChecks = version.engine.checks
    assert not checks.read([row]).errors


def test_the_first_warm_up_row_is_the_example_but_for_private_columns(
    version: LoadedVersion, tmp_path: Path
) -> None:
    folder = tmp_path / "2"
    shutil.copytree(version.path, folder)
    assert version.engine
    columns = version.engine.columns
    first = {"day": "2013-01-01 10:00:00", "colour": "red", "size": None, "heat": 0.1}
    write_warmup(folder, [first, {"colour": "blue"}], columns)
    warm = LoadedVersion("tiny", 2, folder)
    (model,) = page.models_json([warm], {"tiny": 2})["models"]
    assert model["versions"][0]["example"] == first
    (model,) = page.models_json([warm], {"tiny": 2}, {"tiny": {"colour": "hash"}})["models"]
    assert model["versions"][0]["example"] == {**first, "colour": None}
    (folder / WARMUP_FILE).write_bytes(b"no record")
    (model,) = page.models_json([warm], {"tiny": 2})["models"]
    assert model["versions"][0]["example"] == {"day": None, "colour": "red", "size": 0, "heat": -10.5}
    warm.saved.close()


def test_the_newest_version_stands_first(version: LoadedVersion, tiny: Any) -> None:
    newer = LoadedVersion("tiny", 12, Path(tiny.serving_model_dir))
    (model,) = page.models_json([version, newer], {"tiny": 3})["models"]
    assert [each["number"] for each in model["versions"]] == [12, 3]
    assert model["description"] == "Is it <i>good</i>?"
    newer.saved.close()
