"""Signing in, inviting, and accepting an invitation."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.support.journeys.person import Person

PASSWORD = "a long walk by the canal"


def sign_in(person: Person, email: str, password: str = PASSWORD) -> None:
    """Sign in from the service's first page."""
    person.type_address("/")
    person.type("E-mail address or sign-in name", email)
    person.page.locator("input[type=password]").fill(password)
    person.press("Sign in")
    expect(person.page.get_by_role("button", name="Sign out")).to_be_visible()


def invite(office: Person, email: str, role: str, agency: str = "") -> None:
    """The board office invites somebody, from the page of people."""
    office.follow("People")
    office.follow("Invite a person")
    office.type("E-mail address", email)
    office.choose(role)
    if agency:
        office.main.get_by_label("Agency", exact=True).select_option(label=agency)
    office.press("Send the invitation")
    office.is_told(f"{email} was invited.")


def link_for(office: Person, email: str) -> str:
    """Read in the unsent mail, as an office without a mail server does, the link for somebody."""
    office.follow("People")
    office.follow("Unsent mail")
    message = office.page.get_by_role("article").filter(has_text=f"To {email},")
    message.get_by_text("Read the message").click()
    link = message.get_by_role("link").filter(has_text="/invitations/").get_attribute("href")
    assert link is not None
    return link


def accept(person: Person, link: str, role: str, place: str) -> None:
    """Open an invitation's link, set name and password, and be signed in."""
    person.type_address(link)
    person.is_at("Accept your invitation")
    person.reads(role, place)
    person.type("Your name", person.name)
    person.page.locator("input[type=password]").fill(PASSWORD)
    person.press("Accept and create my account")
    person.is_told("Your account is ready and you are signed in.")
    expect(person.page.locator(".app-header__place")).to_contain_text(place)
