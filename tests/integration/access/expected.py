"""What each role is answered, written by hand from docs/access.md and not from the policy.

One letter a role, in the order of ROLES and without the visitor, who has a table of their own: y
the page or the change, 3 "you cannot do this" (403), 4 "there is no such page" (404).
"""

from s11audit.domain.enums import Role

ROLES = (
    Role.ADMIN,
    Role.OFFICE,
    Role.QA,
    Role.CHAIR,
    Role.VIEWER,
    Role.SCRUTINEER,
    Role.LEAD,
    Role.CONTRIBUTOR,
    Role.VISITOR,
)

# (what the route names, permission): what the roles of that board or agency are answered.
AT_HOME = {
    ("installation", "manage_installation"): "y4444444",
    ("installation", "see_outbox"): "y4444444",
    ("installation", "manage_tools"): "y4444444",
    ("board", "see_board"): "yyyyyy44",
    ("board", "manage_agencies"): "3y333344",
    ("board", "manage_cycles"): "3y333344",
    ("board", "manage_tools"): "yy333344",
    ("board", "manage_people"): "yy333344",
    ("board", "manage_returns"): "3y333344",
    ("board", "import"): "3y333344",
    ("board", "see_outbox"): "yy333344",
    ("installation", "redact"): "y4444444",
    ("board", "redact"): "yy333344",
    ("board", "read_reports"): "3yyyyy44",
    ("board", "check_paper"): "yy333344",
    ("board", "retain"): "3y333344",
    ("board", "list_returns"): "3yyy3y44",
    ("board", "screen"): "3y333344",
    ("board", "see_queue"): "33yy3344",
    ("board", "see_themes"): "3yyy3y44",
    ("board", "manage_themes"): "3yyy3344",
    ("return", "tag"): "4yyy4333",
    ("board", "manage_meetings"): "3y3y3344",
    ("board", "read_pack"): "3yyy3y44",
    ("board", "approve_minutes"): "333y3344",
    ("membership", "see_agency"): "4y444yyy",
    ("membership", "see_plan"): "4yyy4yyy",
    ("membership", "invite_contributor"): "434443y3",
    ("membership", "hand_over"): "434443y3",
    ("return", "see_return"): "4yyy4yyy",
    ("return", "see_draft"): "4y334yyy",
    ("return", "fill_in"): "433343yy",
    ("return", "assign"): "433343y3",
    ("return", "submit"): "433343y3",
    ("return", "send_back"): "4y334333",
    ("return", "screen"): "4y334333",
    ("return", "manage_returns"): "4y334333",
    ("return", "see_history"): "4yyy4yyy",
    ("return", "see_unpublished"): "43yy4y33",
    ("return", "rate"): "43yy4333",
    ("board", "allot"): "3y3y3344",
    ("return", "allot"): "4y3y4333",
    ("return", "moderate"): "433y4333",
    ("return", "see_shared"): "43yy4yyy",
    ("return", "reply"): "433343y3",
    ("return", "publish"): "433y4333",
    ("board", "see_visits"): "3yyy3y44",
    ("board", "manage_visits"): "3y333344",
    ("return", "manage_visits"): "4y334333",
    ("return", "see_submission"): "4yyy4yyy",
    ("return", "see_visit"): "4yyy4y33",
    ("return", "carry_out_visit"): "4y334333",
    ("return", "see_plan"): "4yyy4yyy",
    ("return", "edit_plan"): "433343yy",
    ("return", "return_plan"): "433343y3",
    ("return", "decide_plan"): "43yy4333",
    ("board", "see_figures"): "3yyy3y44",
    ("board", "see_escalation"): "3yyy3y44",
    ("return", "see_escalation"): "4yyy4y33",
    ("return", "see_challenge"): "4yyy4yyy",
    ("return", "run_challenge"): "4yyy4333",
    ("return", "escalate"): "4y3y4333",
    ("board", "return_result"): "3y333344",
    ("return", "return_result"): "4y334333",
    ("return", "confirm_result"): "433343y3",
    ("return", "rate_again"): "4y334333",
}

# A visitor reaches the one return that they visit, and of it what is named here and no more.
BY_VISITOR = {
    ("return", "see_submission"): "y",
    ("return", "see_visit"): "y",
    ("return", "carry_out_visit"): "y",
}
AT_HOME = {place: letters + BY_VISITOR.get(place, "4") for place, letters in AT_HOME.items()}
