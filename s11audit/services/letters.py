"""The wording of e-mails: plain text templates in `templates/email/`."""

from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from s11audit import paths
from s11audit.domain import dates
from s11audit.domain.wording import in_words


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(paths.top("templates") / "email"),
        undefined=StrictUndefined,
        autoescape=False,  # the letters are plain text
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["date"] = dates.in_words
    environment.filters["moment"] = dates.moment_in_words
    environment.filters["words"] = in_words
    return environment


def letter(name: str, /, **values: Any) -> tuple[str, str]:
    """Return the subject and the body of the letter `templates/email/<name>.txt`.

    Its first line is the subject; the body follows after an empty line. Every value it names must
    be given (jinja2.UndefinedError otherwise). Links are whole addresses: services begin them
    with `session.info["base_url"]`.
    """
    text = _templates().get_template(f"{name}.txt").render(**values)
    subject, _, body = text.partition("\n")
    return " ".join(subject.split()), body.strip() + "\n"
