"""Domain rule 6: a row of the compliance table, and its totals."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s11audit.domain.enums import Basis, Cell, Compliance, ComplianceRule, Participation, Rag
from s11audit.domain.errors import Invalid
from s11audit.scoring.compliance import Overall
from s11audit.scoring.compliance_table import (
    ImprovementFacts,
    Row,
    RowFacts,
    recorded_row,
    row,
    totals,
)

GREEN, AMBER, RED, NA = Rag.GREEN, Rag.AMBER, Rag.RED, Rag.NA
ADVISORY = Participation.ADVISORY

RATED = RowFacts(
    participation=Participation.FULL,
    returned=True,
    applicable=(1, 2, 3),
    self_ratings={1: GREEN, 2: GREEN, 3: GREEN},
    agreed={1: GREEN, 2: AMBER, 3: GREEN},
    published_standards={1, 2, 3},
    improvements=[ImprovementFacts(actions=2, verified=1)],
    plan_returned=True,
)


def test_a_rated_return() -> None:
    assert row(RATED) == Row(
        returned=True,
        initial=Compliance.FULLY,
        plan_returned=Cell.YES,
        actions_completed=Cell.UNDERWAY,
        monitored=None,
        current=Compliance.PARTIALLY,
        initial_counts=Overall(Compliance.FULLY, green=3),
        current_counts=Overall(Compliance.PARTIALLY, amber=1, green=2),
    )


def test_self_assessment_is_not_known_while_not_returned() -> None:
    result = row(replace(RATED, returned=False))
    assert result.initial is Compliance.NOT_KNOWN
    assert result.initial_counts is None
    assert result.current is Compliance.PARTIALLY  # what was published stays published


def test_a_standard_without_a_rating_makes_compliance_not_known() -> None:
    assert row(replace(RATED, agreed={1: GREEN, 2: AMBER})).current is Compliance.NOT_KNOWN
    assert row(replace(RATED, self_ratings={1: GREEN})).initial is Compliance.NOT_KNOWN
    assert row(replace(RATED, applicable=(1, 3))).current is Compliance.FULLY


def test_the_tools_rule_is_used_for_both() -> None:
    facts = replace(
        RATED, self_ratings={1: RED, 2: GREEN, 3: GREEN}, agreed={1: GREEN, 2: RED, 3: NA}
    )
    assert row(facts).initial is row(facts).current is Compliance.PARTIALLY
    weakest = row(replace(facts, rule=ComplianceRule.WEAKEST))
    assert weakest.initial is weakest.current is Compliance.NON


def test_monitored() -> None:
    assert row(replace(RATED, monitored=True)).monitored is Cell.YES


DONE, BEGUN = ImprovementFacts(2, 2), ImprovementFacts(2, 1)
NOTHING, ACCEPTED = ImprovementFacts(0, 0), ImprovementFacts(0, 0, no_action_accepted=True)
ACCEPTED_YET_BEGUN = ImprovementFacts(1, 0, no_action_accepted=True)


@pytest.mark.parametrize(
    ("improvements", "published", "plan_returned", "plan", "actions"),
    [
        # no improvements
        ([], {1, 2, 3}, False, Cell.NA, Cell.NA),
        ([], {1, 2, 3}, True, Cell.NA, Cell.NA),
        ([], {1, 2}, False, None, None),
        ([], set(), False, None, None),
        # any improvement: the plan is in, or it is not
        ([NOTHING], {1, 2, 3}, False, Cell.NO, None),
        ([NOTHING], {1, 2, 3}, True, Cell.YES, None),
        ([NOTHING], {1}, False, Cell.NO, None),
        # drafts begin the work though the plan is not returned
        ([BEGUN], {1, 2, 3}, False, Cell.NO, Cell.UNDERWAY),
        ([ImprovementFacts(1, 0)], {1, 2, 3}, True, Cell.YES, Cell.UNDERWAY),
        # all verified
        ([DONE], {1, 2, 3}, True, Cell.YES, Cell.YES),
        ([DONE, DONE], {1, 2, 3}, False, Cell.NO, Cell.YES),
        ([DONE, BEGUN], {1, 2, 3}, True, Cell.YES, Cell.UNDERWAY),
        ([DONE, NOTHING], {1, 2, 3}, True, Cell.YES, Cell.UNDERWAY),
        # an accepted reason stands for an action, but begins nothing
        ([ACCEPTED], {1, 2, 3}, True, Cell.YES, Cell.YES),
        ([DONE, ACCEPTED], {1, 2, 3}, True, Cell.YES, Cell.YES),
        ([ACCEPTED, NOTHING], {1, 2, 3}, True, Cell.YES, None),
        ([ACCEPTED, BEGUN], {1, 2, 3}, True, Cell.YES, Cell.UNDERWAY),
        ([ACCEPTED_YET_BEGUN], {1, 2, 3}, True, Cell.YES, Cell.UNDERWAY),
    ],
)
def test_plan_and_actions(
    improvements: list[ImprovementFacts],
    published: set[int],
    plan_returned: bool,
    plan: Cell | None,
    actions: Cell | None,
) -> None:
    facts = replace(
        RATED,
        improvements=improvements,
        published_standards=published,
        plan_returned=plan_returned,
    )
    assert (row(facts).plan_returned, row(facts).actions_completed) == (plan, actions)


def test_improvements_count_though_their_standards_have_turned_green() -> None:
    facts = replace(RATED, agreed={1: GREEN, 2: GREEN, 3: GREEN})
    assert row(facts).current is Compliance.FULLY
    assert row(facts).actions_completed is Cell.UNDERWAY


def test_an_advisory_agency_assesses_itself_and_is_not_rated() -> None:
    facts = replace(
        RATED,
        participation=ADVISORY,
        self_ratings={1: GREEN, 2: AMBER, 3: GREEN},
        agreed={},
        published_standards=(),
        improvements=(),
        plan_returned=False,
    )
    assert row(facts) == Row(
        returned=True,
        initial=Compliance.PARTIALLY,
        plan_returned=None,
        actions_completed=None,
        monitored=None,
        current=Compliance.ADVISORY,
        initial_counts=Overall(Compliance.PARTIALLY, amber=1, green=2),
    )


def test_a_confirmed_cycle_replaces_confirmed_self_ratings_by_later_agreed_ones() -> None:
    facts = replace(
        RATED,
        basis=Basis.CONFIRMED,
        confirmed={1: GREEN, 2: AMBER, 3: GREEN},
        agreed={},
        published_standards=(),
    )
    assert row(facts).current is Compliance.PARTIALLY
    assert row(replace(facts, agreed={2: GREEN})).current is Compliance.FULLY
    assert row(replace(facts, agreed={1: NA, 2: GREEN})).current_counts == Overall(
        Compliance.FULLY, green=2, na=1
    )
    assert row(replace(facts, confirmed={})).current is Compliance.NOT_KNOWN
    assert row(replace(facts, basis=Basis.AGREED)).current is Compliance.NOT_KNOWN
    advisory = row(replace(facts, participation=ADVISORY))
    assert (advisory.plan_returned, advisory.current) == (Cell.YES, Compliance.ADVISORY)


rag = st.none() | st.sampled_from(Rag)
ratings = st.dictionaries(st.integers(1, 4), rag)
improvement = st.integers(0, 3).flatmap(
    lambda actions: st.builds(
        ImprovementFacts, st.just(actions), st.integers(0, actions), st.booleans()
    )
)
facts_of_any_row = st.builds(
    RowFacts,
    participation=st.sampled_from(Participation),
    returned=st.booleans(),
    applicable=st.sets(st.integers(1, 4)),
    self_ratings=ratings,
    agreed=ratings,
    published_standards=st.sets(st.integers(1, 4)),
    improvements=st.lists(improvement, max_size=3),
    plan_returned=st.booleans(),
    monitored=st.booleans(),
    basis=st.sampled_from(Basis),
    rule=st.sampled_from(ComplianceRule),
    confirmed=ratings,
)


@given(facts_of_any_row)
def test_any_row_uses_only_the_words_of_its_columns(facts: RowFacts) -> None:
    result = row(facts)
    assert result.initial is not Compliance.ADVISORY
    assert (result.current is Compliance.ADVISORY) == (facts.participation is ADVISORY)
    assert (result.plan_returned is Cell.NA) == (result.actions_completed is Cell.NA)
    if facts.improvements:
        assert result.plan_returned in (Cell.YES, Cell.NO)
        assert result.actions_completed in (Cell.YES, Cell.UNDERWAY, None)
    else:
        assert result.plan_returned in (Cell.NA, None)
    assert result.monitored in (Cell.YES, None)


@given(st.lists(facts_of_any_row, max_size=8))
def test_totals_add_up(many: list[RowFacts]) -> None:
    result = totals(row(facts) for facts in many)
    assert sum(result.current.values()) == result.asked == len(many)
    assert sum(result.initial.values()) == result.returned <= result.asked
    assert set(result.initial) == set(result.current) == set(Compliance)


# Leicestershire and Rutland 2011, as published: completed, self-assessed, plan, actions,
# monitored, after follow-up.
PUBLISHED = """\
University Hospitals of Leicester|Yes|Partial|Yes|Yes||Fully
Leicestershire Fire & Rescue Service|Yes|Partial|No|||Advisory Role
Rutland County Council|Yes|Partial|Yes|Yes||Fully
NHS East Midlands|Yes|Partial|Yes|Yes||Fully
Loughborough College|Yes|Partial|No||Yes|
Leicestershire Partnership Trust|Yes|Fully|N/A|N/A||Fully
Crown Prosecution Service|No|Partial|N/A|N/A||Advisory Role
NSPCC|Yes|Partial|Yes|Yes||Fully
Connexions|Yes|Partial|Yes|Yes||Fully
NHS LCR CHS|Yes|Partial|Yes|Yes||Fully
Blaby District Council|Yes|Partial|No|Underway|Yes|Partially
Oadby & Wigston Borough Council|Yes|Partial|Yes|Underway|Yes|Partially
Charnwood Borough Council|Yes|Partial|No|Underway|Yes|Partially
Leicester City Community Health Services|Yes|Partial|Yes|Yes||Fully
LCC Adults and Communities|Yes|Partial|Yes|Underway|Yes|Partially
LCC CYPS CSC|Yes|Fully|N/A|Yes|N/A|Fully
Hinckley & Bosworth Borough Council|Yes|Partial|Yes|Underway|Yes|Partially
Leicestershire & Rutland Probation Trust|Yes|Partial|Yes|Underway||
East Midlands Ambulance Service|Yes|Partial||Underway||
Voluntary Action LeicesterShire|Yes|Partial|Yes|Yes||Fully
Cafcass|Yes|Fully|N/A|N/A||Fully
Harborough District Council|Yes|Partial|No|Underway|Yes|Partially
North West Leicestershire District Council|Yes|Partial|No|Underway|Yes|Partially
Leicestershire Constabulary|Yes|Partial||||
Youth Offending Service|Yes|Partial|Yes|Underway|Yes|Partially
Melton Borough Council|Yes|Partial|Yes|Underway|Yes|Partially
NHS LCR|Yes|Partial|Yes|Yes||Fully
"""


def published() -> dict[str, Row]:
    lines = [line.split("|") for line in PUBLISHED.splitlines()]
    return {name: recorded_row(*cells) for name, *cells in lines}


def test_the_published_table_has_the_published_totals() -> None:
    result = totals(published().values())
    assert (result.asked, result.returned) == (27, 26)
    assert result.initial == {
        Compliance.FULLY: 3,
        Compliance.PARTIALLY: 23,
        Compliance.NON: 0,
        Compliance.ADVISORY: 0,
        Compliance.NOT_KNOWN: 0,
    }
    assert result.current == {
        Compliance.FULLY: 12,
        Compliance.PARTIALLY: 9,
        Compliance.NON: 0,
        Compliance.ADVISORY: 2,
        Compliance.NOT_KNOWN: 4,
    }


def test_recorded_cells_stay_as_recorded_where_they_look_odd() -> None:
    rows = published()
    assert rows["Crown Prosecution Service"] == Row(
        returned=False,
        initial=Compliance.PARTIALLY,
        plan_returned=Cell.NA,
        actions_completed=Cell.NA,
        monitored=None,
        current=Compliance.ADVISORY,
    )
    assert rows["Leicestershire Fire & Rescue Service"].plan_returned is Cell.NO
    assert rows["LCC CYPS CSC"].actions_completed is Cell.YES
    assert rows["LCC CYPS CSC"].monitored is Cell.NA
    assert rows["East Midlands Ambulance Service"].plan_returned is None
    blank = [name for name, each in rows.items() if each.current is Compliance.NOT_KNOWN]
    assert blank == [
        "Loughborough College",
        "Leicestershire & Rutland Probation Trust",
        "East Midlands Ambulance Service",
        "Leicestershire Constabulary",
    ]


def test_recorded_cells_take_any_case_and_spacing() -> None:
    result = recorded_row(" yes ", "NON", "n/a", "underway", "No", "advisory  role")
    assert result == Row(True, Compliance.NON, Cell.NA, Cell.UNDERWAY, Cell.NO, Compliance.ADVISORY)
    assert recorded_row("", "", "", "", "", "") == Row(
        False, Compliance.NOT_KNOWN, None, None, None, Compliance.NOT_KNOWN
    )


def test_every_wrong_cell_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        recorded_row("Maybe", "Advisory Role", "Fully", "Partial", "Yes", "Green")
    assert refused.value.problems == {
        "returned": "“Maybe” is not one of Yes, No or blank",
        "initial": "“Advisory Role” is not one of Fully, Partial, Partially, Non or blank",
        "plan_returned": "“Fully” is not one of Yes, No, Underway, N/A or blank",
        "actions_completed": "“Partial” is not one of Yes, No, Underway, N/A or blank",
        "current": "“Green” is not one of Fully, Partial, Partially, Non, Advisory Role or blank",
    }
