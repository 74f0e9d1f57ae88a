from pipeline.datasets.table.unused_keys import UnusedKeys


def test_each_kind_is_one_issue_with_its_number_and_an_example() -> None:
    keys = UnusedKeys()
    keys.add("a.json", ["the key 'flags'", "the key 'text'"])
    keys.add("b.json", ["the key 'flags'"], 2)
    assert [(issue.file, issue.fault.name, issue.fault.detail) for issue in keys.issues()] == [
        ("a.json", "unused-content", "the key 'flags' is not used (3 times)"),
        ("a.json", "unused-content", "the key 'text' is not used"),
    ]


def test_the_number_and_length_of_kinds_are_bounded() -> None:
    keys = UnusedKeys()
    keys.add("a.json", (f"{number:03d}{'x' * 1000}" for number in range(1000)))
    issues = keys.issues()
    assert len(issues) == 51 and max(len(issue.fault.detail) for issue in issues) < 100
    assert issues[-1].fault.detail == "more than 50 kinds of content are not used"
