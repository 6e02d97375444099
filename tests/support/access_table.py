"""The table of docs/access.md, written from the policy, with every exception that it knows.

python -m tests.support.access_table            shows it
python -m tests.support.access_table --write    puts it into docs/access.md
"""

import re
import sys
from pathlib import Path

from s11audit.domain.enums import Role
from s11audit.domain.policy import (
    ALSO_ON_CONFIRMED,
    ALSO_WHILE_ENTERED,
    BARRED_FOR_OWN_AGENCY,
    PERMISSIONS,
    Can,
)
from s11audit.domain.wording import in_words

PAGE = Path(__file__).resolve().parents[2] / "docs" / "access.md"
ALSO = ((ALSO_ON_CONFIRMED, "confirmed"), (ALSO_WHILE_ENTERED, "entering"))


def table() -> str:
    """Return one row a permission with a mark for each role that holds it: "yes", or when."""
    lines = [
        "| permission | " + " | ".join(in_words(role) for role in Role) + " |",
        "|---|" + "---|" * len(Role),
    ]
    for action in PERMISSIONS:
        star = "*" if action in BARRED_FOR_OWN_AGENCY else ""
        marks = [_mark(action, role) for role in Role]
        lines.append(f"| {action.value}{star} | " + " | ".join(marks) + " |")
    return "\n".join(lines)


def _mark(action: Can, role: Role) -> str:
    if role in PERMISSIONS[action]:
        return "yes"
    return ", ".join(word for also, word in ALSO if role in also.get(action, ()))


def main() -> None:
    """Show the table, or put it in the place of the one on the page."""
    if "--write" in sys.argv:
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(re.sub(r"(?m)^\| permission \|.*\n(\|.*\n)+", table() + "\n", text))
    else:
        print(table())


if __name__ == "__main__":
    main()
