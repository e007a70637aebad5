"""Links, paths and commands in the documents lead to something."""

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from benchmarks.harness.tree import repository_files
from benchmarks.proofs.registry import FAMILY as PROOFS
from benchmarks.quality.registry import FAMILY as QUALITY
from benchmarks.speed.registry import FAMILY as SPEED
from commands.command_line import COMMANDS, module_of
from commands.new.write import paths_of
from pipeline.config import REPOSITORY
from tests.docs.pages import (
    anchors,
    blocks,
    inline_code,
    linked,
    links,
    name_of,
    pages,
    prose,
)

README_LINES: Final = 120
# Files that the tutorial and the guide of forks make.
_MADE_BY_COMMANDS: Final = frozenset(
    path for name in ("rain", "acme_rain") for path in paths_of(name).values()
)
# Stands for any name: `pipeline/use_cases/NAME.yaml`.
_PLACEHOLDER: Final = re.compile(r"(?<![A-Za-z])(NAME|SPAN|RUN|VERSION)(?![A-Za-z])")
_PATH: Final = re.compile(r"[\w.*+-]+(/[\w.*+-]+)*/?")
# Not `make proof-NAME`.
_MAKE: Final = re.compile(r"\bmake((?: [a-z][a-z-]*(?![\w-]))+)")
# A rule: its targets, what it needs, and whether a recipe follows.
_RULE: Final = re.compile(r"^([a-z%][a-z% -]*):(?!=) *([^#\n]*)[^\n]*\n(\t?)", re.MULTILINE)


def _page_id(page: Path) -> str:
    return name_of(page)


def _targets() -> set[str]:
    """Targets that do something; those of a pattern by the names that its program knows.

    One that has neither a recipe nor needs does nothing, and ends with 0.
    """
    makefile = (REPOSITORY / "Makefile").read_text()
    rules = {
        target
        for names, needs, recipe in _RULE.findall(makefile)
        if needs.strip() or recipe
        for target in names.split()
    }
    patterns = {"proof-%": PROOFS, "bench-%": SPEED}
    assert {rule for rule in rules if "%" in rule} == set(patterns)
    made = {rule.replace("%", name) for rule, family in patterns.items() for name in family.programs}
    return made | {rule for rule in rules if "%" not in rule}


def _targets_named(page: Path) -> set[str]:
    """Targets in backticks, in code blocks, and in a title's brackets."""
    text = page.read_text(encoding="utf-8")
    code = [*inline_code(text), *blocks(text), *re.findall(r"^# .*(\(make [a-z-]+\))", text, re.MULTILINE)]
    return {target for each in code for targets in _MAKE.findall(each) for target in targets.split()}


@pytest.mark.parametrize("page", pages(), ids=_page_id)
def test_every_relative_link_of_a_page_leads_somewhere(page: Path) -> None:
    relative = [target for target in links(prose(page)) if "://" not in target]
    assert [target for target in relative if not _leads_somewhere(page, target)] == []


def _leads_somewhere(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    return file.exists() and (not anchor or anchor in anchors(file))


@pytest.mark.parametrize("page", pages(), ids=_page_id)
def test_every_path_of_the_repository_that_a_page_names_is_there(page: Path) -> None:
    files = repository_files()
    tops = {name.partition("/")[0] for name in files}
    missing = []
    for code in inline_code(page.read_text(encoding="utf-8")):
        path = code.partition("::")[0]
        is_ours = path.split("/")[0] in tops or ("/" in path and path.endswith(".py"))
        if not _PATH.fullmatch(path) or not is_ours or _PLACEHOLDER.search(path):
            continue
        there = any(REPOSITORY.glob(path)) if "*" in path else (REPOSITORY / path).exists()
        if not there and path not in _MADE_BY_COMMANDS:
            missing.append(path)
    assert not missing


@pytest.mark.parametrize("page", pages(), ids=_page_id)
def test_every_make_target_that_a_page_names_is_in_the_makefile(page: Path) -> None:
    assert _targets_named(page) - _targets() == set()


def test_every_target_of_a_benchmark_or_a_proof_runs_its_program() -> None:
    for family in (PROOFS, SPEED, QUALITY):
        for name in family.programs:
            words = family.command(name).split()
            if words[0] == "make":
                dry = subprocess.run(
                    ["make", "--dry-run", "--no-print-directory", *words[1:]],
                    cwd=REPOSITORY,
                    capture_output=True,
                    text=True,
                )
                last = dry.stdout.strip().splitlines()[-1].split()
                assert last[-3:] == ["-m", f"benchmarks.{family.name}", name], dry.stderr


def test_every_page_is_reached_from_the_map() -> None:
    seen: set[Path] = set()
    waiting = [REPOSITORY / "docs" / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in seen and page.suffix == ".md":
            seen.add(page)
            waiting += linked(page)
    assert {name_of(page) for page in pages()} - {name_of(page) for page in seen} == set()


@pytest.mark.parametrize(
    ("question", "file"),
    [
        ("Where does a CSV cell become a number?", "perennial/reading/cells.py"),
        ("Where does a run decide to push?", "pipeline/run/decision.py"),
        ("Where does a run decide to push?", "components/evaluator/judge.py"),
        ("Where does a run decide to push?", "pipeline/run/findings.py"),
        ("Where is a 429 answered?", "serving/model/scoring_thread.py"),
        ("Where is a 429 answered?", "serving/http/bodies.py"),
        ("How do I add a metric?", "components/evaluator/metrics.py"),
        ("How do I add a command?", "commands/command_line.py"),
    ],
)
def test_a_newcomers_question_is_answered_in_two_steps_from_the_map(question: str, file: str) -> None:
    start = REPOSITORY / "docs" / "README.md"
    row = next(line for line in start.read_text().splitlines() if question in line)
    (target,) = links(row)
    path, _, anchor = target.partition("#")
    page = (start.parent / path).resolve()
    section = _section(page, anchor)
    assert (REPOSITORY / file) in [(page.parent / each).resolve() for each in links(section)]


def _section(page: Path, anchor: str) -> str:
    """The text below the heading with this anchor."""
    for part in re.split(r"^(?=##? )", prose(page), flags=re.MULTILINE):
        heading = part.partition("\n")[0].lstrip("# ").lower()
        if re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") == anchor:
            return part
    raise AssertionError(f"{page.name} has no section {anchor}")


def test_the_readme_can_be_read_in_one_go() -> None:
    lines = (REPOSITORY / "README.md").read_text().splitlines()
    assert len(lines) <= README_LINES
    first = [line.split("#")[0].strip() for line in lines if line.startswith("make ")]
    assert first == ["make run", "make test"]


def test_the_reference_lists_the_commands_that_there_are() -> None:
    page = (REPOSITORY / "docs" / "reference" / "commands.md").read_text()
    rows = re.findall(r"^\| `([\w-]+)[^`]*` \|.*?`(commands/\w+)/`", page, re.MULTILINE)
    folders = {name: module_of(name).rpartition(".")[0].replace(".", "/") for name in COMMANDS}
    assert dict(rows) == folders
