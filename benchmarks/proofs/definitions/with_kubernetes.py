"""Kubernetes' own schemas take the manifests, release after release, without an unknown key."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import yaml

from benchmarks.proofs.definitions.checks import ToolCheck
from benchmarks.proofs.definitions.lines import LINES
from benchmarks.proofs.definitions.subjects import PLAIN, SUBJECTS, printed
from perennial.errors import UsageError

# Of the older ones the schema itself is wrong: it asks for `onPodConditions` in every rule.
_OLDEST: Final = 29


def checks(home: Path) -> Iterator[ToolCheck]:
    """Validates all, and a manifest that is wrong."""
    newest = kubernetes_validate.latest_version()
    tool = f"kubernetes-validate {kubernetes_validate.__version__}"
    check = ToolCheck(
        tool, f"the strict schemas of Kubernetes 1.{_OLDEST} to {newest} take CronJob and claim"
    )
    wrong = ToolCheck(tool, "the same schemas refuse the manifest with a misspelt key")
    for text in _manifests(home):
        for minor in range(_OLDEST, int(newest.split(".")[1]) + 1):
            for document in yaml.safe_load_all(text):
                problem = _problem(document, f"1.{minor}")
                check.add(not problem, f"1.{minor}: {problem}")
            (misspelt, _) = yaml.safe_load_all(text.replace("concurrencyPolicy", "concurencyPolicy"))
            wrong.add(bool(_problem(misspelt, f"1.{minor}")), f"1.{minor} takes it")
    yield from (check, wrong)


def _manifests(home: Path) -> Iterator[str]:
    for name in SUBJECTS:
        for line in LINES:
            try:
                yield printed("k8s", name, line, home / PLAIN)
            except UsageError:
                continue  # Kubernetes has no such times, which tests hold


def _problem(document: dict[str, Any], release: str) -> str:
    try:
        kubernetes_validate.validate(document, release, strict=True)
    except kubernetes_validate.ValidationError as error:
        return str(error).splitlines()[0]
    return ""
