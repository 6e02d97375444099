"""A faulty tool file is refused with every fault: file, line, path and a reason in plain words."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from s11audit.domain.errors import Invalid
from s11audit.tools import reading
from s11audit.tools.loader import ToolInvalid, builtin_text, canonical_json, from_json, parse
from s11audit.tools.schema import Tool

GOOD = """\
key: small
version: 1
title: A small tool
summary: For the tests.
thresholds:
  met_at: 90
terms:
  CRB check: DBS check
ratings:
  - label: green
    title: Fully
    rag: green
  - label: amber
    title: Partly
    rag: amber
  - label: red
    title: Not
    rag: red
sections:
  - title: First
    standards:
      - number: 1
        title: Leadership
        meaning: Leaders lead.
        requirements:
          - key: 1.1
            kind: judgement
            text: There is a lead.
            essential: yes
          - key: 1.10
            text: The lead leads.
      - number: 2
        title: Training
        meaning: Staff are trained.
        categories: [police]
        requirements:
          - key: 2.1
            kind: percentage
            text: Staff trained.
"""


def faults(text, name="board.yaml"):
    with pytest.raises(ToolInvalid) as raised:
        parse(text, name)
    return [(fault.line, fault.path, fault.reason) for fault in raised.value.faults]


def test_the_good_file_is_good():
    tool = parse(GOOD, "board.yaml")
    assert [r.key for r in tool.standard(1).requirements] == ["1.1", "1.10"]
    assert tool.standard(1).requirements[0].essential is True


S1 = "sections.1.standards.1"
S2 = "sections.1.standards.2"
CHANGES = [
    ("key: small\n", "key: Small Tool\n", 1, "key", "only small letters"),
    ("version: 1\n", "version: one\n", 2, "version", "must be a whole number"),
    ("version: 1\n", "version: 0\n", 2, "version", "must be 1 or more"),
    ("version: 1\n", "version: 1\nversion: 2\n", 3, "version", "twice (first on line 2)"),
    ("title: A small tool\n", "", 1, "title", "“title” is missing"),
    ("title: A small tool\n", "title:\n", 3, "title", "“title” is missing"),
    ("title: A small tool\n", 'title: ""\n', 3, "title", "is empty"),
    ("title: A small tool\n", "titel: A small tool\n", 3, "titel", "did you mean “title”"),
    ("title: A small tool\n", "title: [a]\n", 3, "title", "must be words, not a list"),
    ("title: A small tool\n", "title: *a\n", 3, "title", "is an alias"),
    ("title: A small tool\n", "title: &a x\n", 3, "title", "starts with “&a”"),
    ("title: A small tool\n", "title: !a x\n", 3, "title", "starts with “!a”"),
    ("title: A small tool\n", f"title: {'x' * 201}\n", 3, "title", "at most 200 characters"),
    ("title: A small tool\n", 'title: "a\\0b"\n', 3, "title", "cannot be shown (U+0000)"),
    ("title: A small tool\n", "title: A: B\n", 3, "", "second colon"),
    ("title: A small tool\n", "title: A\n  b: c\n", 4, "", "second colon"),
    ("title: A small tool\n", "\ttitle: A\n", 3, "", "tab"),
    ("title: A small tool\n", 'title: "A" tool\n', 3, "", "nothing goes on after a closing"),
    ("title: A small tool\n", 'title: "A small tool\n', 3, "", "opened here and never closed"),
    ("title: A small tool\n", "title: [A small tool\n", 3, "", "opened here and never closed"),
    ("title: A small tool\n", "title: |A tool\n", 3, "", "between quotation marks as a whole"),
    ("title: A small tool\n", "title: - A tool\n", 3, "", "break the line before the hyphen"),
    ("title: A small tool\n", "title: A\n - b\n", None, None, None),
    ("title: A small tool\n", "title: A\nwords here\n", None, "", "colon"),
    ("title: A small tool\n", "title: A\x07b\n", 3, "", "cannot be shown (U+0007)"),
    ("title: A small tool\n", "title: A\n? [x]\n: y\n", 4, "", "name must be a plain word"),
    ("title: A small tool\n", 'title: A\n"a\\0": y\n', 4, "", "name must be a plain word"),
    ("  met_at: 90\n", "  met_at: 101\n", 6, "thresholds.met_at", "must be 100 or less"),
    ("  met_at: 90\n", "  met_at: 90\n  partly_above: 91\n", 5, "thresholds", "more than “met_at”"),
    ("  CRB check: DBS check\n", "  CRB: CRB\n", 8, "terms.CRB", "translated to itself"),
    ("  CRB check: DBS check\n", "  CRB: [x]\n", 8, "terms.CRB", "must be words"),
    ("terms:\n  CRB check: DBS check\n", "terms: CRB\n", 7, "terms", "a set of lines"),
    ("label: amber\n", "label: green\n", 13, "ratings.2.label", "used by another rating"),
    ("label: amber\n", "label: Very amber\n", 13, "ratings.2.label", "only small letters"),
    ("label: amber\n", "label: na\n", 9, "ratings", "“na” is kept for the rating"),
    ("rag: amber\n", "rag: orange\n", 15, "ratings.2.rag", "“orange” is not a choice here"),
    ("rag: amber\n", "rag: green\n", 9, "ratings", "No rating stands for “amber”"),
    ("sections:\n", "sections: []\nold:\n", 19, "sections", "at least one entry"),
    ("number: 2\n", "number: 1\n", 32, f"{S2}.number", "Another standard has the number 1"),
    ("number: 1\n", "number: 3\n", 32, f"{S2}.number", "comes after standard 3"),
    ("key: 1.10\n", "key: 1.1\n", 30, f"{S1}.requirements.2.key", "Another requirement has"),
    ("key: 2.1\n", "key: 1.1\n", 37, f"{S2}.requirements.1.key", "Another requirement has"),
    ("key: 2.1\n", 'key: "1.1 "\n', 37, f"{S2}.requirements.1.key", "Another requirement has"),
    ("number: 2\n", "number: 0_1\n", 32, f"{S2}.number", "Another standard has the number 1"),
    ("key: 2.1\n", "key: 2 1\n", 37, f"{S2}.requirements.1.key", "only letters and digits"),
    ("kind: judgement", "kind: essay", 27, f"{S1}.requirements.1.kind", "not a kind of question"),
    ("kind: judgement", "kind: text", 29, f"{S1}.requirements.1.essential", "is not scored"),
    ("essential: yes", "essential: maybe", 29, f"{S1}.requirements.1.essential", "yes or no"),
    ("[police]", "[polite]", 35, f"{S2}.categories.1", "“polite” is not a choice here"),
    ("[police]", "police", 35, f"{S2}.categories", "must be a list"),
    ("[police]", "[police, ~]", 35, f"{S2}.categories.2", "This entry is empty"),
    (
        "kind: percentage",
        "categories: [council]",
        38,
        f"{S2}.requirements.1.categories",
        "nobody would be asked this",
    ),
    (
        "          - key: 1.10\n            text: The lead leads.\n",
        "          -\n",
        30,
        f"{S1}.requirements.2",
        "This entry is empty",
    ),
    (
        "version: 1\n",
        "version: 1\nself_rating: absent\nevidence_statement: absent\n",
        None,
        None,
        None,
    ),
]


@pytest.mark.parametrize(("old", "new", "line", "path", "words"), CHANGES)
def test_each_fault_has_its_line_path_and_reason(old, new, line, path, words):
    assert GOOD.count(old) >= 1
    text = GOOD.replace(old, new, 1)
    if words is None:
        parse(text, "board.yaml")
        return
    found = faults(text)
    assert any(
        (line is None or at == line) and where == path and words in reason
        for at, where, reason in found
    ), found


def test_a_standard_that_asks_for_nothing():
    head, _rest = GOOD.split("        requirements:\n          - key: 2.1")
    text = head + "        self_rating: absent\n        evidence_statement: absent\n"
    assert faults(text) == [
        (32, S2, "This standard asks for nothing: give it a requirement or a self rating.")
    ]


def test_all_faults_come_at_once_in_the_order_of_the_file():
    text = (
        GOOD.replace("version: 1", "version: x")
        .replace("label: amber", "label: green")
        .replace("number: 2", "number: 1")
        .replace("kind: judgement", "kind: essay")
        .replace("title: Training", "title: Training\n        title: Again")
    )
    found = faults(text)
    assert [line for line, _path, _reason in found] == [2, 13, 27, 32, 34]


def test_one_fault_is_told_once():
    assert len(faults(GOOD.replace("title: A small tool", "title: *a"))) == 1


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("", None, "The file is empty"),
        (b"\xef\xbb\xbf", None, "The file is empty"),
        (" \n\n", None, "The file is empty"),
        ("# only a comment\n", None, "nothing but comments"),
        ("just words", 1, "a set of lines"),
        ("- a\n- b\n", 1, "a set of lines"),
        (b"key: a\ntitle: caf\xe9\n", 2, "not UTF-8"),
        ("key: a\n".encode("utf-16"), 1, "not UTF-8"),
        (b"key: a\n" + b"#" * 1_000_000, None, "larger than 1 MB"),
        ("a: " + "[" * 40, 1, "too many levels"),
        ("a: " + "[" * 500_000, 1, "too many levels"),
        ("a:\n" + "  - b\n" * 20_001, 20_000, "more than 20,000 entries"),
        ('a: "never closed\n', None, "never closed"),
        (GOOD + "---\nkey: b\n", 40, "A file holds one tool"),
    ],
)
def test_files_that_are_no_tool(content, line, words):
    at, _path, reason = faults(content)[-1]
    assert words in reason
    assert at == line or line is None


def test_the_message_names_file_line_and_path():
    with pytest.raises(Invalid) as raised:
        parse(GOOD.replace("rag: amber", "rag: orange"), "ours.yaml")
    assert str(raised.value).splitlines() == [
        "ours.yaml, line 9, ratings: No rating stands for “amber” (partially compliant): add one.",
        "ours.yaml, line 15, ratings.2.rag: “orange” is not a choice here: "
        "write 'green', 'amber', 'red' or 'na'.",
    ]


def test_very_many_faults_are_cut_off_with_their_number():
    found = faults(GOOD + "".join(f"extra{n}: x\n" for n in range(300)))
    assert len(found) == 201
    assert found[-1] == (None, "", "There are 100 more faults: put these right first.")


def test_a_byte_order_mark_and_windows_line_ends_are_fine():
    plain = parse(GOOD, "a")
    assert parse(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode(), "a") == plain
    assert parse("\ufeff" + GOOD, "a") == plain


def test_the_kinds_of_question_can_be_given():
    text = GOOD.replace("kind: judgement", "kind: essay")
    assert parse(text, "a", kinds=("essay", "judgement", "percentage"))
    with pytest.raises(ToolInvalid, match="write one of essay"):
        parse(GOOD, "a", kinds=("essay",))


def test_a_stored_document_that_breaks_a_rule_is_refused():
    stored = canonical_json(parse(GOOD, "a")).replace('"number":2', '"number":1')
    with pytest.raises(ToolInvalid) as raised:
        from_json(stored)
    assert str(raised.value) == (
        f"stored tool, {S2}.number: Another standard has the number 1: give each standard its own."
    )


@pytest.mark.parametrize("stored", ["", "{}", "[1]", '{"key": "a", "key2": 1}', '{"a": "\\ud800"}'])
def test_a_broken_stored_document_is_refused(stored):
    with pytest.raises(ToolInvalid, match="stored tool"):
        from_json(stored)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_a_tool_or_refused(content):
    read_or_refused(content)


@given(st.text(max_size=300))
def test_arbitrary_text_is_a_tool_or_refused(content):
    read_or_refused(content)


SIGNS = ["- ", "  ", "\n", "[", "]", "{", "}", ",", "'", '"', "? ", ": ", "|\n", ">-\n", "%", "#"]
WORDS = ["a: b\n", "key: ", "&x ", "*x", "!!int ", "sections:\n", "ratings:\n", "<<: ", "title"]
ODD = ["~", "---\n", "...\n", "\t", "é", "\u2028", "\ud800", "\x00", "9" * 5000, "@", "`", "\\"]
YAML_PIECES = st.sampled_from([*SIGNS, *WORDS, *ODD])


@given(st.lists(YAML_PIECES, max_size=30).map("".join))
def test_arbitrary_yaml_is_a_tool_or_refused(content):
    read_or_refused(content)


@given(st.data())
def test_a_damaged_tool_is_a_tool_or_refused(data):
    text = GOOD
    start = data.draw(st.integers(0, len(text)))
    end = min(len(text), start + data.draw(st.integers(0, 30)))
    read_or_refused(text[:start] + data.draw(YAML_PIECES) + text[end:])


@pytest.mark.parametrize("parser", ["CSafeLoader", "SafeLoader"])
def test_both_yaml_parsers_read_the_same(parser, monkeypatch):
    monkeypatch.setattr(reading, "_Parser", getattr(yaml, parser))
    assert parse(GOOD, "a").requirement("1.10").text == "The lead leads."
    for old, new, _line, path, words in CHANGES:
        if path:
            found = faults(GOOD.replace(old, new, 1))
            assert any(where == path and words in reason for _at, where, reason in found), found
        elif words:
            assert faults(GOOD.replace(old, new, 1))


def test_a_fault_inside_a_list_is_not_told_of_the_lists_around_it():
    found = faults(GOOD.replace("[police]", "[polite]"))
    assert [path for _line, path, _reason in found] == [f"{S2}.categories.1"]


def read_or_refused(content):
    try:
        assert isinstance(parse(content, "x.yaml"), Tool)
    except ToolInvalid as refused:
        assert refused.faults
        str(refused).encode("utf-8")


def test_the_built_in_files_are_patterns_for_a_boards_own():
    text = builtin_text("working-together-2023").replace("key: working-together-2023", "key: ours")
    assert parse(text, "ours.yaml").key == "ours"
