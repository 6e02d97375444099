"""docs/access.md says what the policy says, and all of it."""

from s11audit.domain import policy
from s11audit.domain.enums import Role
from s11audit.domain.policy import PERMISSIONS, Can, Facts, Held, role_for
from tests.support.access_table import PAGE, table


def test_the_page_holds_the_policys_table() -> None:
    said = PAGE.read_text(encoding="utf-8")
    assert table() in said, "write it anew: python -m tests.support.access_table --write"


def test_the_table_is_complete() -> None:
    """Every permission has its row, and every mark is what the policy answers: worked out by
    asking it, not from the lists that it is made of."""
    assert set(PERMISSIONS) == set(Can)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table().splitlines()]
    marks = {row[0].rstrip("*"): row[1:] for row in rows[2:]}
    own = {row[0].rstrip("*") for row in rows[2:] if row[0].endswith("*")}
    for action in Can:
        for role, mark in zip(Role, marks[action.value], strict=True):
            answers = {
                "yes": _may(role, action),
                "confirmed": _may(role, action, confirmed=True),
                "entering": _may(role, action, entered=True),
            }
            told = {"yes": [], "": ["no"]}.get(mark, mark.split(", "))
            for when, may in answers.items():
                assert may == (mark == "yes" or when in told), (action, role, when)
        assert (action in policy.BARRED_FOR_OWN_AGENCY) == (action.value in own)


def _may(role: Role, action: Can, **more: bool) -> bool:
    facts = Facts(board_id=1, membership_id=2, agency_id=3, return_id=4, **more)
    held = {
        Role.ADMIN: Held(role),
        Role.LEAD: Held(role, 1, 2, None),
        Role.CONTRIBUTOR: Held(role, 1, 2, None),
        Role.VISITOR: Held(role, 1, None, None, 4),
    }.get(role, Held(role, 1))
    # A role at the agency itself would bar it from judging: that is the star's to say.
    if role in (Role.LEAD, Role.CONTRIBUTOR) and action in policy.BARRED_FOR_OWN_AGENCY:
        return role in PERMISSIONS[action]
    return role_for(policy.Actor(1, "Ann", grants=(held,)), action, facts) is not None
