"""Who can sign in to the demonstration: invented people with one password."""

from dataclasses import dataclass

from s11audit.domain.enums import Role
from s11audit.domain.wording import in_words

PASSWORD = "demonstration-2026"
DOMAIN = "fellmere.example"

LEAD_AGENCY = "Alderbeck Borough Council"
COLLEGE = "Tarnholm Community College"
SECOND_AGENCY = "Kestrel Bay Teaching Hospitals NHS Foundation Trust"


@dataclass(frozen=True)
class Person:
    """One account. `roles` are (role, agency), the agency None for a board's role; `everywhere`
    says whether a board's role is held for the other boards too."""

    account: str
    name: str
    roles: tuple[tuple[Role, str | None], ...]
    everywhere: bool = False

    @property
    def email(self) -> str:
        """The address to sign in with."""
        return f"{self.account}@{DOMAIN}"


PEOPLE = (
    Person("admin", "Alma Whitfield", ((Role.ADMIN, None),)),
    Person("office", "Karen Oldroyd", ((Role.OFFICE, None),), everywhere=True),
    Person("qa", "Ruth Adebayo", ((Role.QA, None),)),
    Person("qa2", "Gwen Tolland", ((Role.QA, None),)),
    Person("chair", "Martin Selwood", ((Role.CHAIR, None),)),
    Person("viewer", "Josephine Tarrant", ((Role.VIEWER, None),), everywhere=True),
    Person("scrutineer", "Lionel Abara", ((Role.SCRUTINEER, None),), everywhere=True),
    Person("lead", "Morag Ellwood", ((Role.LEAD, LEAD_AGENCY),)),
    Person("contributor", "Danny Okafor", ((Role.CONTRIBUTOR, LEAD_AGENCY),)),
    Person("college", "Idris Penhallow", ((Role.LEAD, COLLEGE),)),
    Person("visitor", "Elin Hargest", ((Role.VISITOR, SECOND_AGENCY),)),
    Person("both", "Sana Winterbourne", ((Role.QA, None), (Role.CONTRIBUTOR, SECOND_AGENCY))),
)


def sign_ins() -> str:
    """Return the table of sign-ins that `s11audit demo` prints."""
    lines = [f"Sign in with one of these addresses and the password {PASSWORD}"]
    for person in PEOPLE:
        held = ", and ".join(
            in_words(role) + (f" of {agency}" if agency else "") for role, agency in person.roles
        )
        lines.append(f"  {person.email:<29} {person.name}: {held}")
    return "\n".join(lines)
