"""The front-end files in the package: nobody else's brand, nothing fetched from elsewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

from s11audit import paths
from s11audit.scoring.words import javascript_class

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = paths.top("templates")


def test_the_style_sheets_carry_no_brand_and_fetch_nothing() -> None:
    for file in (paths.VENDOR / "govuk-frontend.min.css", paths.STATIC / "s11audit.css"):
        styles = file.read_text(encoding="utf-8")
        for word in ("GDS Transport", "crest", "crown.svg", "@font-face", "@import", "url("):
            assert word not in styles, (file.name, word)


def test_the_version_is_the_one_that_the_macros_match() -> None:
    package = json.loads((paths.VENDOR / "govuk-frontend.json").read_text(encoding="utf-8"))
    assert package["version"] == "6.3.0"


def test_the_lock_file_names_no_host() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]


def test_the_open_font_and_its_licence_are_there() -> None:
    for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "LICENSE"):
        assert (paths.VENDOR / "fonts" / name).stat().st_size > 1000


def test_templates_hold_no_inline_script_or_style() -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=\"|javascript:", re.I)
    pages = [path for path in TEMPLATES.rglob("*.html") if "email" not in path.parts]
    own_styles = {
        "reports/standalone.html",
        "documents/standalone.html",
        "people/held_file.html",
    }
    wrong = [
        path
        for path in pages
        if str(path.relative_to(TEMPLATES)) not in own_styles
        and inline.search(path.read_text(encoding="utf-8"))
    ]
    assert not wrong


def test_page_and_server_count_words_by_one_list() -> None:
    script = (paths.STATIC / "js" / "word-count.js").read_text(encoding="utf-8")
    found = re.search(r"/(\[\^.*\])\+/g", script)
    assert found
    assert found.group(1) == javascript_class(negated=True)
