"""GOV.UK macros, each drawn once for a kind of field and filled in ever after.

A macro of GOV.UK Frontend makes the same HTML whatever its texts are: which parts stand there
depends on which parameters it is given, not on their words. A page calls dozens of them, and most
of its time went there. So a macro is drawn with marks in the place of its texts, and what comes out
is kept as an outline: later the texts are put between its pieces, escaped as the macro would.

No text that anybody typed is kept: outlines hold marks alone.
"""

import re
import secrets
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from flask import current_app
from markupsafe import Markup, escape

Shape = tuple[Any, ...]

# Parameters whose words a macro only puts in. Those of an item have no `id` or `name` of their own
# but in a date, whose parts' names a macro turns into labels.
_TEXTS = frozenset({"text", "value", "id", "name", "idPrefix", "namePrefix", "describedBy"})
_TEXTS_OF_ITEMS = frozenset({"text", "value"})
_TOKEN = secrets.token_hex(8)  # so that nobody can type a mark
_MARKS = re.compile(f"{_TOKEN}-([0-9]+)-")
_MOST = 2000
_KEPT = "s11audit_outlines"  # with the application, whose templates they were drawn by


class Whole(str):
    """Text that is put in as it is, with its own lines: a macro would indent those."""


class Shown(Whole):
    """HTML that is put in as it is."""


def drawn(component: str, name: str, params: Mapping[str, Any]) -> Markup:
    """Return the HTML of the macro `name` of the GOV.UK `component`, given its parameters: texts,
    truth values, numbers, and mappings and lists of them."""
    texts: list[str] = []
    shape, kept = _shape(params, _TEXTS, texts)
    outlines = current_app.extensions.setdefault(_KEPT, {})
    outline = outlines.get((component, name, shape)) if kept else None
    if outline is None:
        outline = _outline(component, name, shape)
        if kept:
            if len(outlines) >= _MOST:
                outlines.clear()
            outlines[component, name, shape] = outline
    pieces = [each if isinstance(each, str) else _put(texts[each]) for each in outline]
    return Markup("".join(pieces))


def _put(text: str) -> str:
    return text if isinstance(text, Shown) else escape(text)


def _shape(
    params: Mapping[str, Any], marked: frozenset[str], texts: list[str]
) -> tuple[Shape, bool]:
    """Return parameters without their texts, which are added to `texts`, and whether the outline
    of this shape may be kept. A text of several lines stays in the shape, as the macro may indent
    it, and is not kept."""
    shape: list[Any] = []
    kept = True
    for name, value in params.items():
        kind = type(value)
        if kind is dict:
            inner, fine = _shape(value, marked, texts)
            shape.append((name, kind, inner))
        elif kind is list:
            found = [_shape(each, _TEXTS_OF_ITEMS, texts) for each in value]
            fine = all(each[1] for each in found)
            shape.append((name, kind, tuple([each[0] for each in found])))
        elif isinstance(value, Whole) or (
            name in marked and value and isinstance(value, str) and _is_one_line(value)
        ):
            shape.append(name)
            texts.append(value)
            continue
        else:
            fine = not (name in marked and value and isinstance(value, str))
            shape.append((name, kind, value))
        kept = kept and fine
    return tuple(shape), kept


def _is_one_line(text: str) -> bool:
    return text.splitlines()[0] == text


def _outline(component: str, name: str, shape: Shape) -> list[str | int]:
    """Return the pieces of what the macro makes of such parameters, with the number of each text
    where it stands."""
    path = f"govuk_frontend_jinja/components/{component}/macro.html"
    module = current_app.jinja_env.get_template(path).module
    html = str(getattr(module, name)(_marked(shape, count())))
    html = html.replace(" data-aria-controls=", " data-app-reveals=")  # see js/reveal.js
    pieces = _MARKS.split(html)
    return [int(each) if place % 2 else each for place, each in enumerate(pieces)]


def _marked(shape: Shape, numbers: Iterator[int]) -> dict[str, Any]:
    """Return the parameters of that shape with a mark for each text."""
    params: dict[str, Any] = {}
    for each in shape:
        if isinstance(each, str):
            params[each] = f"{_TOKEN}-{next(numbers)}-"
            continue
        name, kind, value = each
        if kind is dict:
            params[name] = _marked(value, numbers)
        elif kind is list:
            params[name] = [_marked(item, numbers) for item in value]
        else:
            params[name] = value
    return params
