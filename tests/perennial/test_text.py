"""How text is laid out."""

from perennial.text import WIDTH, hanging, plural, spans_text, wrapped


def test_lines_have_the_indent_and_are_no_longer_than_the_width() -> None:
    lines = wrapped("word " * 60).splitlines()
    assert len(lines) > 1
    assert all(line.startswith("  word") and len(line) <= WIDTH for line in lines)


def test_a_path_stays_whole_so_that_it_can_be_copied() -> None:
    path = "/home/somebody/" + "a-long-folder-" * 7 + "end"
    assert path in wrapped(f"Cannot write to the folder with the name {path}: it is full.")


def test_further_lines_hang_below_the_first() -> None:
    first, *further = hanging("word " * 60, "Next: ", " " * 6).splitlines()
    assert first.startswith("Next: word")
    assert all(line.startswith("      word") and len(line) <= WIDTH for line in further)


def test_one_of_a_kind_has_no_s() -> None:
    counts = [plural(0, "span"), plural(1, "span"), plural(2000, "span"), plural(2, "match", "matches")]
    assert counts == ["0 spans", "1 span", "2,000 spans", "2 matches"]


def test_spans_of_two_kinds_are_no_range() -> None:
    assert spans_text(["7"]) == "span 7"
    assert spans_text(["2013-01", "2013-02", "1"]) == "3 spans (oldest: 2013-01, newest: 1)"
