"""The table of docs/access.md, written from the policy."""

from s11audit.domain.enums import Role
from s11audit.domain.policy import BARRED_FOR_OWN_AGENCY, PERMISSIONS
from s11audit.domain.wording import in_words


def table() -> str:
    """Return one row a permission with a mark for each role that holds it."""
    lines = [
        "| permission | " + " | ".join(in_words(role) for role in Role) + " |",
        "|---|" + "---|" * len(Role),
    ]
    for action, roles in PERMISSIONS.items():
        star = "*" if action in BARRED_FOR_OWN_AGENCY else ""
        marks = ["yes" if role in roles else "" for role in Role]
        lines.append(f"| {action.value}{star} | " + " | ".join(marks) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
