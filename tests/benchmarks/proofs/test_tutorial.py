"""How the tutorial's page is read and compared with the output of its commands."""

from pathlib import Path

from benchmarks.proofs.tutorial import differences, steps_of, written

PAGE = """\
# A page

```console
$ echo "one
> two" \\
>   | cat
one
two
$ sleep 1 &
$ true
```

```python
$ no command
```
"""


def test_a_command_goes_on_while_a_quote_or_a_line_is_open() -> None:
    first, second, third = steps_of(PAGE)
    assert first.command == 'echo "one\ntwo" \\\n  | cat'
    assert first.expected == ("one", "two")
    assert second.in_background
    assert (third.command, third.expected) == ("true", ())


def test_figures_folders_and_folds_may_differ_and_nothing_else(tmp_path: Path) -> None:
    report = Path("work", "rain", "report.html")
    expected = ["PUSHED in 12.5 s, 93.1% right", f"report: ~/perennial/{report}"]
    actual = ["PUSHED in 9 s,", "88% right", f"report: {tmp_path / report}"]
    assert not differences(expected, actual)
    assert differences(expected, [line.replace("PUSHED", "KEPT") for line in actual])
    assert differences(expected[:1], [*actual[:2], "and more"])
    assert not differences([*expected[:1], "..."], [*actual[:2], "and more"])


def test_the_actual_output_replaces_the_output_on_the_page() -> None:
    first = steps_of(PAGE)[0]
    page = written(PAGE, {first.line: ["three"]})
    assert steps_of(page)[0].expected == ("three",)
    assert len(page.splitlines()) == len(PAGE.splitlines()) - 1
    short = written(PAGE.replace("one\ntwo\n", "one\n...\n"), {first.line: ["three", "four", "five"]})
    assert steps_of(short)[0].expected == ("three", "...")
