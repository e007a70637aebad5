"""Proof of the page: a person's way through it, in a real browser before a real server, step by step."""

import argparse
import contextlib
import json
import shutil
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.harness.browser import Browser, browser, version
from benchmarks.harness.flights import NAME, with_a_model
from benchmarks.harness.looks import LEAST_CONTRAST, Observation, contrast, steps_table
from benchmarks.harness.page import Outcome
from benchmarks.harness.program import add_fresh, add_home
from benchmarks.harness.resume import keep_only_of
from benchmarks.harness.server_process import ServerProcess
from benchmarks.harness.tree import RUN, digest_of_code
from pipeline.config import REPOSITORY
from serving.model.folder import CARD_FILE, SCHEMA_FILE

HOSTILE: Final = "</script><img src=x onerror=\"document.title='taken over'\">"
PICTURE: Final = "page.png"
_PAIRS: Final = (("--text", "--card"), ("--soft", "--card"), ("--wrong", "--card"), ("--accent", "--card"),
                 ("--on-accent", "--accent"), ("--text", "--ground"))  # fmt: skip


def arguments(parser: argparse.ArgumentParser) -> None:
    """Whose model."""
    add_home(parser, "proof-page", "PERENNIAL_HOME of the model; trained first if it has none")
    add_fresh(parser)


def run(options: argparse.Namespace) -> Outcome:
    """Walks through the page and takes a picture of it."""
    keep_only_of(options.home, digest_of_code(REPOSITORY, (*RUN, *options.about)), fresh=options.fresh)
    models = with_a_model(options.home).parent
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / PICTURE
        hostile = _hostile_copy(models, Path(folder) / "hostile")
        with _server({NAME: models, "hostile": hostile}) as address, browser() as tab:
            steps = [*_walk(tab, address, picture), *_looks(tab), *_hostile(tab, address)]
            steps += _requests_and_console(tab, address)
        files = {PICTURE: picture.read_bytes()}
    text = f"{steps_table(steps)}\n\n![The page]({PICTURE})"
    return Outcome(text, good=all(step[2] for step in steps), setting=version(), files=files)


def _walk(tab: Browser, address: str, picture: Path) -> Iterator[Observation]:
    """Fills the form in, asks, errs, and asks again."""
    tab.look(920, 600, "light")
    tab.open(f"{address}/")
    fields = tab.until("document.querySelectorAll('#fields input').length")
    version = _get(f"{address}/page.json")["models"][0]["versions"][0]
    yield "open `/`", f"{fields} fields, one a column", fields == len(version["columns"])
    card = tab.ask("document.getElementById('card').innerText")
    shown = f"{version['card']['metrics']['auc']:.4g}"
    yield "read the model card", f"auc {shown} among its metrics", shown in card
    tab.click("#ask")
    tab.until("document.getElementById('score').textContent")
    score, note = tab.ask("document.getElementById('score').textContent"), _note(tab)
    same = _predict(address, version["example"])
    yield "Predict on the example row", f"{score}. {note}", score == f"{same:.4f}"
    tab.picture(picture)
    tab.type("[data-column=temp]", "500")
    tab.press_enter()
    yield "500 °F for `temp`, then return", *_refused(tab, "temp")
    tab.type("[data-column=temp]", "warm")
    tab.press_enter()
    yield "a word for `temp`", *_refused(tab, "temp")
    tab.type("[data-column=temp]", "")
    tab.press_enter()
    tab.until("document.getElementById('score').textContent")
    wrong = tab.ask("document.querySelectorAll('[aria-invalid=true]').length")
    missing = _predict(address, {**version["example"], "temp": None})
    score = tab.ask("document.getElementById('score').textContent")
    yield "`temp` empty: missing", f"{score}, no field has an error", score == f"{missing:.4f}" and wrong == 0


def _refused(tab: Browser, column: str) -> tuple[str, bool]:
    """The error at the refused field, and whether it is at the right one."""
    time.sleep(0.3)  # what stood there before the answer is a refusal as well
    wrong = tab.until("document.querySelector('[aria-invalid=true]')?.dataset.column")
    text = tab.ask("[...document.querySelectorAll('.wrong')].map(each => each.textContent).join('')")
    focus = tab.ask("document.activeElement.dataset.column")
    score = tab.ask("document.getElementById('score').textContent")
    return f"at the field: {text}", (wrong, focus, score) == (column, column, "") and bool(text)


def _looks(tab: Browser) -> Iterator[Observation]:
    for width in (1000, 400):
        for scheme in ("light", "dark"):
            tab.look(width, 800, scheme)
            wide = tab.ask("document.documentElement.scrollWidth")
            least = min(contrast(tab, *pair) for pair in _PAIRS)
            seen = f"{wide} pixels wide, contrast at least {least:.1f} to 1"
            yield f"{width} pixels, {scheme}", seen, wide <= width and least >= LEAST_CONTRAST


def _hostile(tab: Browser, address: str) -> Iterator[Observation]:
    """A model whose card, description and domain hold markup."""
    tab.open(f"{address}/?model=hostile")
    tab.until("document.getElementById('model').value === 'hostile'")
    tab.click("#ask")
    tab.until("document.getElementById('score').textContent")
    images = tab.ask("document.querySelectorAll('img, #card script').length")
    heading = tab.ask("document.getElementById('title').textContent")
    title = tab.ask("document.title")
    good = images == 0 and heading == HOSTILE and "taken over" not in title
    yield (
        "a model whose card and schema contain markup",
        f"shown as text, {images} elements made from it",
        good,
    )


def _requests_and_console(tab: Browser, address: str) -> Iterator[Observation]:
    elsewhere = [request for request in tab.requests if not request.startswith((f"{address}/", "data:"))]
    yield "requests of the page", f"{len(tab.requests)}, {len(elsewhere)} to other hosts", not elsewhere
    # The browser notes each refusal (400) of the server by itself.
    complaints = [each for each in tab.complaints if "status of 400" not in each]
    yield "errors on the console", "; ".join(complaints) or "none", not complaints


def _note(tab: Browser) -> str:
    return str(tab.ask("document.querySelector('#answer .soft').textContent"))


def _hostile_copy(models: Path, folder: Path) -> Path:
    newest = max((each for each in models.iterdir() if each.name.isdigit()), key=lambda each: int(each.name))
    version = folder / "1"
    shutil.copytree(newest, version)
    card: dict[str, Any] = json.loads((version / CARD_FILE).read_text())
    card |= {"description": HOSTILE, "why": HOSTILE, "reasons": [HOSTILE], "metrics": {HOSTILE: 0.5}}
    (version / CARD_FILE).write_text(json.dumps(card))
    file = version / SCHEMA_FILE
    schema = json.loads(file.read_text())
    for feature in schema["feature"]:
        if "value" in feature.get("string_domain", {}):
            feature["string_domain"]["value"].append(HOSTILE)
    file.write_text(json.dumps(schema))
    return folder


@contextlib.contextmanager
def _server(models: dict[str, Path]) -> Iterator[str]:
    """The server in the slim environment, ready; its address."""
    named = [part for name, folder in models.items() for part in ("--model", f"{name}={folder.resolve()}")]
    server = ServerProcess([*named, "--workers", "1", "--access-log", ""])
    try:
        server.wait(lambda: server.get("/readyz")[0] == 200, "all models")
        yield f"http://127.0.0.1:{server.rest_port}"
    finally:
        server.stop()


def _get(address: str) -> Any:
    with urllib.request.urlopen(address, timeout=10) as reply:
        return json.loads(reply.read())


def _predict(address: str, row: dict[str, Any]) -> float:
    body = json.dumps({"instances": [row]}).encode()
    asked = urllib.request.Request(f"{address}/v1/models/flights:predict", data=body)
    with urllib.request.urlopen(asked, timeout=10) as reply:
        return float(json.loads(reply.read())["predictions"][0])
