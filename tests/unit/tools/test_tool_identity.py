"""A tool's hash follows its meaning and nothing else."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from s11audit.tools import schema
from s11audit.tools.loader import (
    builtin_keys,
    builtin_text,
    canonical_json,
    from_json,
    load_builtin,
    parse,
    sha256_of,
)

KEYS = builtin_keys()


@pytest.mark.parametrize("key", KEYS)
def test_a_stored_tool_is_the_tool(key):
    tool = load_builtin(key)
    assert from_json(canonical_json(tool)) == tool
    assert sha256_of(from_json(canonical_json(tool))) == sha256_of(tool)
    assert len(sha256_of(tool)) == 64


def test_a_stored_tool_is_parsed_once():
    document = canonical_json(load_builtin(KEYS[0]))
    assert from_json(document) is from_json("".join(list(document)))


@pytest.mark.parametrize("key", KEYS)
def test_layout_comments_and_order_of_names_do_not_matter(key):
    original = yaml.load(builtin_text(key), yaml.BaseLoader)
    rewritten = "# a comment\n" + yaml.safe_dump(
        backwards(original), sort_keys=False, allow_unicode=True, width=40, default_style='"'
    )
    assert rewritten != builtin_text(key)
    assert sha256_of(parse(rewritten, "x")) == sha256_of(load_builtin(key))
    in_one_line = json.dumps(original)
    assert sha256_of(parse(in_one_line, "x")) == sha256_of(load_builtin(key))


def test_a_default_written_out_does_not_matter():
    text = builtin_text("leicestershire-rutland-2011")
    more = text.replace("self_rating: required", "self_rating: required\nstatement_limit: 200")
    assert sha256_of(parse(more, "x")) == sha256_of(parse(text, "x"))


def places(value, path=()):
    if isinstance(value, dict):
        for name, part in value.items():
            yield from places(part, (*path, name))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from places(part, (*path, index))
    else:
        yield path


WORDS = ("title", "summary", "source", "meaning", "guidance", "text", "example", "descriptor")
DOCUMENTS = {key: json.loads(canonical_json(load_builtin(key))) for key in KEYS}
WORDED = [
    (key, path)
    for key, document in DOCUMENTS.items()
    for path in places(document)
    if path[-1] in WORDS
]


@given(st.sampled_from(WORDED))
def test_any_change_of_words_changes_the_hash(place):
    key, path = place
    document = json.loads(json.dumps(DOCUMENTS[key]))
    part = document
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] += " More."
    assert sha256_of(from_json(json.dumps(document))) != sha256_of(load_builtin(key))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 1", "version: 2"),
        ("compliance_rule: unanimous", "compliance_rule: weakest"),
        ("statement_limit: 200", "statement_limit: 201"),
        ("met_at: 95", "met_at: 96"),
        ("partly_above: 50", "partly_above: 0"),
        ("self_rating: required", "self_rating: optional"),
        ("evidence_statement: required", "evidence_statement: absent"),
        ("label: green", "label: gut"),
        ("CAF: early help assessment", "CAF: early help"),
        ("  CAF: early help assessment\n", ""),
        ("essential: true", "essential: false"),
        ("kind: percentage", "kind: judgement"),
        ("education, voluntary]", "education]"),
        ('key: "5.2"', 'key: "5.20"'),
    ],
)
def test_any_change_of_rule_changes_the_hash(old, new):
    text = builtin_text("lancashire-2012")
    assert old in text
    assert sha256_of(parse(text.replace(old, new, 1), "x")) != sha256_of(
        load_builtin("lancashire-2012")
    )


def test_the_order_of_standards_and_requirements_is_meaning():
    tool = load_builtin("lancashire-2012")
    document = json.loads(canonical_json(tool))
    document["sections"][0]["standards"][0]["requirements"].reverse()
    assert sha256_of(from_json(json.dumps(document))) != sha256_of(tool)


def test_what_the_canonical_text_leaves_out_comes_back_as_it_was():
    """A value may be left out as empty only if empty is also what its absence means."""
    parts = [part for part in vars(schema).values() if isinstance(part, type)]
    for part in parts:
        if not issubclass(part, BaseModel) or part is BaseModel:
            continue
        for name, field in part.model_fields.items():
            if field.is_required():
                continue
            empty = field.default in ("", (), {}) or field.default in (None, False)
            never_empty = (part.__name__, name) in {
                ("Requirement", "kind"),
                ("Tool", "compliance_rule"),
                ("Tool", "statement_limit"),
                ("Tool", "thresholds"),
                ("Tool", "self_rating"),
                ("Tool", "evidence_statement"),
                ("Thresholds", "met_at"),
                ("Thresholds", "partly_above"),
            }
            assert empty or never_empty, (part.__name__, name)


def backwards(value):
    if isinstance(value, dict):
        return {name: backwards(value[name]) for name in reversed(value)}
    if isinstance(value, list):
        return [backwards(part) for part in value]
    return value
