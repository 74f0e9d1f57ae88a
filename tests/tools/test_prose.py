"""The count of short docstring entries, on a small source text and on the package."""

from pathlib import Path

from tools.prose import ROOT, Entry, entries_by_file, entries_of, percent, report

SOURCE = '''"""A module.

Args:
    this: The text of a module counts too, if it has one.
"""


class Box:
    """A box.

    Attributes:
        side: In px.
        name: The name of the box in the list of all boxes.
    """

    def scaled(self, factor: float, *rest: int, **more: int) -> None:
        """Return a scaled box.

        Args:
            factor: A number.
            *rest: One two three
                four five.
            **more (int): Has: a colon.

        Returns:
            short: Not an entry of Args.
        """


async def same(first: int, second: int) -> None:
    """Do nothing.

    Args:
        first:
            Everything is on the next line.

        second: One two three four.

    Raises:
        ValueError: Never.
    """


def no_docstring() -> None: ...
'''


def test_an_entry_is_the_text_after_its_colon_with_all_its_lines() -> None:
    assert sorted(entries_of(SOURCE)) == [
        Entry(4, "this", "The text of a module counts too, if it has one."),
        Entry(20, "factor", "A number."),
        Entry(21, "*rest", "One two three four five."),
        Entry(23, "**more", "Has: a colon."),
        Entry(34, "first", "Everything is on the next line."),
        Entry(37, "second", "One two three four."),
    ]


def test_attributes_are_counted_apart() -> None:
    assert [entry.name for entry in entries_of(SOURCE, "Attributes")] == ["side", "name"]


def test_an_entry_of_four_words_is_short_and_one_of_five_is_not() -> None:
    short = {entry.name: entry.is_short for entry in entries_of(SOURCE)}
    assert short["second"]
    assert not short["*rest"]


def test_the_table_has_a_line_for_each_room_with_entries_and_the_total() -> None:
    entry = Entry(1, "name", "A name.")
    long = Entry(2, "size", "Its side, px, in [0, 100].")
    entries = {
        Path("ops/boxes.py"): [entry, long],
        Path("ops/nms.py"): [long, long],
        Path("cli.py"): [entry],
        Path("errors.py"): [],
    }
    assert [line.split() for line in report(entries)] == [
        ["room", "entries", "short", "percent"],
        ["cli", "1", "1", "100.0%"],
        ["ops", "4", "1", "25.0%"],
        ["total", "5", "2", "40.0%"],
    ]


def test_no_entries_are_0_percent() -> None:
    assert percent(0, 0) == 0


def test_less_than_15_percent_of_the_entries_of_the_package_are_short() -> None:
    entries = [entry for file in entries_by_file(ROOT / "pipeline").values() for entry in file]
    assert percent(sum(entry.is_short for entry in entries), len(entries)) < 15
