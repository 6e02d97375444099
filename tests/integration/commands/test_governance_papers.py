"""The papers of docs/governance name only what there is: commands, settings, pages and files."""

import re
from pathlib import Path

import pytest

from s11audit.paths import settings_module
from tests.integration.commands.test_documents import COMMANDS

TOP = Path(__file__).resolve().parents[3]
PAPERS = sorted((TOP / "docs" / "governance").glob("*.md"))
TEMPLATES = [paper for paper in PAPERS if paper.name != "README.md"]


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.stem)
def test_what_a_paper_names_is_there(paper):
    text = paper.read_text()
    settings = {setting.name for setting in settings_module().SETTINGS}
    assert set(re.findall(r"S11AUDIT_([A-Z_]+)", text)) <= settings
    for command in re.findall(r"`s11audit ([a-z ]+)`", text):
        assert f"s11audit {command}" in COMMANDS, command
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (paper.parent / target).is_file(), target


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_pages_that_the_papers_name_are_there(app):
    rules = {re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", rule.rule) for rule in app.url_map.iter_rules()}
    named = {page for paper in PAPERS for page in re.findall(r"`(/[^`]*)`", paper.read_text())}
    assert len(named) >= 5
    for page in named - {"/calendars/"}:  # where feeds lie
        assert page in rules, page


@pytest.mark.parametrize("paper", TEMPLATES, ids=lambda paper: paper.stem)
def test_a_paper_is_a_whole_text_with_places_to_fill_in(paper):
    text = paper.read_text()
    assert len(re.findall(r"\[[^\]]*\](?!\()", text)) >= 10
    assert len(text.split()) > 400
    assert f"({paper.name})" in (paper.parent / "README.md").read_text()
    assert "governance" in (TOP / "README.md").read_text()
