"""Finding what is likely personal data in what an agency wrote (domain rules 15 and 77).

Made to be right rather than complete: staff named with their post, dates, numbers, names of
agencies, switchboards and shared mailboxes are let pass.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from s11audit.scoring.first_names import FIRST_NAMES

AROUND = 40
"""So many characters either side are shown, and finds that are this close are one."""


@dataclass(frozen=True)
class Find:
    """A passage, and what it seems to hold ("NHS number")."""

    passage: str
    kind: str


IDENTIFYING = {
    "NHS number": "an NHS number",
    "National Insurance number": "a National Insurance number",
    "date of birth": "a date of birth",
    "name with a date": "a name with a date that may be one of birth",
    "name with an age": "a name with an age",
    "child’s or family’s name": "the name of a child or of their family",
    "pupil number": "a pupil number",
    "passport number": "a passport number",
    "address": "a home address",
}
"""The kinds by which a child could be identified, in words: these are pointed out to whoever
writes them. Telephone numbers and e-mail addresses are not: they are mostly those of staff."""


def identifying(text: str, on: date) -> list[str]:
    """Return by which kinds of passages a text might identify a child, in the order of
    `IDENTIFYING`; `on` is the day on which it was written (domain rule 77)."""
    kinds = {kind for _, _, kind in _found(text, on)}
    return [kind for kind in IDENTIFYING if kind in kinds]


def personal_data(
    text: str, on: date | None = None, kinds: Collection[str] | None = None
) -> list[Find]:
    """Return the passages of a text that likely hold personal data, in its order; those close to
    each other as one. Only those of these `kinds`, where they are given.

    `on` is the day the text was sent in: a date behind a name is then taken for one of birth only
    where it lies 3 to 25 years back, and else for the day on which somebody signed.
    """
    places = sorted(each for each in _found(text, on) if kinds is None or each[2] in kinds)
    merged: list[tuple[int, int, list[str]]] = []
    for first, last, kind in places:
        if merged and first - merged[-1][1] <= AROUND:
            before, end, kinds = merged[-1]
            merged[-1] = (before, max(end, last), kinds if kind in kinds else [*kinds, kind])
        else:
            merged.append((first, last, [kind]))
    return [Find(_passage(text, first, last), ", ".join(kinds)) for first, last, kinds in merged]


def is_nhs_number(digits: str) -> bool:
    """Return whether ten digits are an NHS number by their check digit (modulus 11)."""
    if len(digits) != 10 or not digits.isascii() or not digits.isdigit() or len(set(digits)) == 1:
        return False
    total = sum(int(digit) * (10 - place) for place, digit in enumerate(digits[:9]))
    return (11 - total % 11) % 11 == int(digits[9])


def _passage(text: str, first: int, last: int) -> str:
    start, end = max(0, first - AROUND), min(len(text), last + AROUND)
    if start and (space := text.find(" ", start, first)) != -1:
        start = space + 1
    if end < len(text) and (space := text.rfind(" ", last, end)) != -1:
        end = space
    return text[start:end].strip()


def _found(text: str, on: date | None) -> Iterator[tuple[int, int, str]]:
    if "@" in text:
        yield from _emails(text)
    if _DIGIT.search(text):
        if _SIX_DIGITS.search(text):
            yield from _numbers(text)
        yield from _births(text, on)
        yield from _addresses(text)
    yield from _ages(text)
    yield from _names(text)


_DIGIT = re.compile(r"\d")
_SIX_DIGITS = re.compile(r"\d(?:[ \-)]{0,2}\d){5}")  # the least that any number below has in a row


# E-mail addresses: private ones, and those that name a person. A mailbox of a team is let pass.
_EMAIL = re.compile(r"(?<![\w.+'-])[\w.+'-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,}")
_PRIVATE = re.compile(
    r"(?:gmail|googlemail|hotmail|outlook|live|msn|yahoo|ymail|icloud|me|mac|aol|btinternet|"
    r"sky|virginmedia|talktalk|ntlworld|blueyonder|tiscali|proton|protonmail|gmx|mail)"
    r"\.(?:com|net|co\.uk|me|uk)"
)
_MAILBOXES = """
access admin administration adults advice board bursar business care cafcass camhs charity
children childrens ceo chair child clerk club college comms communications complaints
compliance contact coordinator council customer customers dbs data desk dpo dsl duty
education email emergency enquiries enquiry events exams family feedback finance first
foundation friends front general governance head headteacher headoffice health hello help
helpdesk helpline hr human info information intake jobs lado lead learning legal lscb lscp
mail manager mash media meetings newsletter noreply no office officer operations partnership
people policy policies police postmaster press principal privacy probation project
protection pupils quality questions reception records recruitment referral referrals reply
reports resources response safe safeguarding school schools scp secretary secure sector
section11 security send service services social staff student students support team teams
the training trust trustees universal volunteer volunteering volunteers web webmaster
welfare worker workforce young your youth
"""
_SHARED = frozenset(_MAILBOXES.split())


def _emails(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _EMAIL.finditer(text):
        local, domain = match.group().lower().rsplit("@", 1)
        parts = [part for part in re.split(r"[^a-z0-9]+", local) if part]
        if _PRIVATE.fullmatch(domain) or not _is_shared(parts):
            yield match.start(), match.end(), "e-mail address"


def _is_shared(parts: list[str]) -> bool:
    """Whether a mailbox is a team's: a part of its name says so, whole or at its beginning or
    end ("csafeguarding", "safeguardingteam")."""
    return any(
        part in _SHARED
        or part.isdigit()
        or any(part.startswith(word) or part.endswith(word) for word in _SHARED if len(word) > 4)
        for part in parts
    )


# Numbers: NHS, National Insurance, telephone (a switchboard's 03 and 08 aside), pupil numbers.
_TEN_DIGITS = re.compile(
    r"(?<![\d\-/.+#])(?<!\+44[ \-])(?<!0044[ \-])\d{3}([ \-]?)\d{3}\1\d{4}(?![\d/]|[-.]\d)"
)
# Numbers are issued from these: England and Wales 4, 6 and 7, Northern Ireland 3, and 9 for tests.
# Another beginning (a telephone number, a book's number, which has the same check digit) counts
# only where it is said to be one.
_ISSUED = "34679"
_SAID_TO_BE = re.compile(r"\b(?:NHS|CHI|H&C)\b[^.;\n]{0,20}\Z", re.IGNORECASE)
_OTHER_NUMBER = re.compile(
    r"\b(?:isbn|order|invoice|purchase|ref(?:erence)?|charity|company|registration|account|asset|"
    r"licence|grant|contract|tender|policy|tel(?:ephone)?|phone|mobile|fax|ring|call)\b"
    r"[^.;,\n]{0,20}\Z",
    re.IGNORECASE,
)
_PREFIX = r"(?!BG|GB|NK|KN|TN|NT|ZZ)(?:[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]|QQ)"
# In small letters only in one piece: "such as 10 20 30 a month" is none.
_INSURANCE = re.compile(
    rf"\b(?:{_PREFIX}[ \-]?\d{{2}}[ \-]?\d{{2}}[ \-]?\d{{2}}[ \-]?[A-D]|"
    rf"(?i:{_PREFIX})\d{{6}}[a-dA-D])\b"
)
_TELEPHONE = re.compile(
    r"(?<![\w/.\-])(?:\+44[ \-]?(?:\(0\)[ \-]?)?|0044[ \-]?|\(?0)"
    r"(?P<rest>[127](?:[ \-)]{0,2}\d){8,9})(?![\d/]|-\d)"
)
_PASSPORT = re.compile(r"\bpassport (?:no\.?|number)\W{0,3}(?:is )?\d{9}\b", re.IGNORECASE)
_PUPIL = re.compile(r"\b[A-HJ-NP-RT-Z]\d{12}\b")


def _numbers(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _TEN_DIGITS.finditer(text):
        if _is_nhs_number_here(text, match.start(), re.sub(r"\D", "", match.group())):
            yield match.start(), match.end(), "NHS number"
    for match in _INSURANCE.finditer(text):
        yield match.start(), match.end(), "National Insurance number"
    for match in _TELEPHONE.finditer(text):
        digits = re.sub(r"\D", "", match.group("rest"))
        # 07 has ten digits after the 0, 01 nine or ten, 02 ten.
        whole = len(digits) == 10 or (len(digits) == 9 and digits[0] == "1")
        if whole and not (digits[0] in "12" and _is_of_an_office(text[: match.start()])):
            yield match.start(), match.end(), "telephone number"
    for match in _PASSPORT.finditer(text):
        yield match.start(), match.end(), "passport number"
    for match in _PUPIL.finditer(text):
        yield match.start(), match.end(), "pupil number"


def _is_nhs_number_here(text: str, at: int, digits: str) -> bool:
    before = text[max(0, at - 40) : at]
    if not is_nhs_number(digits):
        return False
    if _SAID_TO_BE.search(before):
        return True
    return digits[0] in _ISSUED and not _OTHER_NUMBER.search(before)


# The landline of an office: the words before it in the same sentence name one, and no family.
_OFFICE = re.compile(
    r"\b(?:LADO|MASH|EDT|designated officer|duty (?:team|desk|line|officer)|helpline|help desk|"
    r"switchboard|reception|hotline|front door|customer services?|contact centre|team|office|"
    r"service|council|hospital|police|nspcc|social care|safeguarding|partnership|board|trust)\b",
    re.IGNORECASE,
)
_FAMILY = re.compile(
    r"\b(?:mother|father|mum|dad|parents?|carers?|child|girl|boy|pupil|son|daughter|sister|brother|"
    r"gran|aunt|uncle|her|his|their home)\b",
    re.IGNORECASE,
)


def _is_of_an_office(before: str) -> bool:
    said = re.split(r"[.;\n]", before[-70:])[-1]
    return _OFFICE.search(said) is not None and _FAMILY.search(said) is None


# Dates of birth: a date that is said to be one, or stands behind a person's name.
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    r"Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_DATE = (
    r"(?:\d{1,2}[/.\-]\d{1,2}[/.\-](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}|"
    rf"\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH},? (?:\d{{4}}|\d{{2}})|"
    rf"{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})"
)
_NAME = r"[A-Z][a-z]+(?:[-'’][A-Z][a-z]+){0,2}"
# Two capital words that begin like a name are no person's where the second is one of these.
_NO_SURNAME = (
    "Academy|Act|Audit|Avenue|Award|Camp|Care|Centre|Children|Clinic|Club|College|Conference|"
    "Council|County|Court|Day|Farm|Festival|Foundation|Group|Hall|Hospital|House|Infirmary|"
    "Inquiry|Lane|Lodge|Network|Nursery|Park|Place|Plan|Policy|Primary|Project|Report|Review|Road|"
    "Room|School|Service|Services|Street|Survey|Team|Training|Trust|Unit|University|Ward|Week"
)
_SURNAME = rf"(?!(?:{_NO_SURNAME})\b){_NAME}"
_BIRTH = re.compile(
    rf"(?:\b(?=[bd])(?:date[ -]of[ -]birth|birth ?date|birthday|D\.? ?O\.? ?B\.?)\b|\bD\.O\.B\.|"
    rf"\bborn\b)\W{{0,3}}(?:(?:is|was|on|the)\b\W{{0,2}}){{0,2}}(?:{_DATE}|\d{{6,8}}\b)",
    re.IGNORECASE,
)
_NAME_AND_DATE = re.compile(
    rf"\b({_NAME}) (?:[A-Z]\.? )?{_SURNAME},? ?[(\[]?(?:b\.? ?)?(?P<date>{_DATE})\b"
)


# Who signed or approved something on that day, and posts.
_BY_STAFF = re.compile(
    r"(?:\b(?:approved|signed|agreed|authorised|reviewed|written|updated|issued|verified|checked|"
    r"led|chaired|delivered|audited|authored|prepared|ratified|endorsed)(?: off)? by|"
    r"\b(?:author|owner|chair|director|manager|head|lead|officer|trainer|dr|prof|cllr|"
    r"councillor|superintendent|inspector|sergeant))\W{1,3}\Z",
    re.IGNORECASE,
)


def _births(text: str, on: date | None) -> Iterator[tuple[int, int, str]]:
    for match in _BIRTH.finditer(text):
        yield match.start(), match.end(), "date of birth"
    for match in _NAME_AND_DATE.finditer(text):
        if (
            match.group(1).lower() in FIRST_NAMES
            and _is_of_birth(match.group("date"), on)
            and not _BY_STAFF.search(text[max(0, match.start() - 40) : match.start()])
        ):
            yield match.start(), match.end(), "name with a date"


def _is_of_birth(day: str, on: date | None) -> bool:
    if on is None:
        return True
    written = _YEAR.search(day)
    year = int(written.group()) if written else 2000 + int(day[-2:])
    return 3 <= on.year - year <= 25


_YEAR = re.compile(r"\d{4}")

# Children and families by name.
_CHILD = (
    r"(?:child|boy|girl|pupil|student|baby|toddler|infant|son|daughter|brother|sister|sibling|"
    r"nephew|niece|grandson|granddaughter|twins?|teenager|youngster|young (?:person|man|woman)|"
    r"patient|service user|mother|father|mum|dad|victim|foster child|year[- ]old)"
)
# Every word of a text is tried: a look at its first letter spares most of them the rest.
_SOMEBODY = re.compile(rf"\b(?=[bcdfgimnpstvy]){_CHILD}\b", re.IGNORECASE)
_CALLED = re.compile(rf",? (?:called|named|by the name of) {_NAME}")
_NAMED = re.compile(rf"(?:,|:| -| –)? ({_NAME}) {_SURNAME}\b")
_OWN_CHILD = re.compile(rf",? ({_NAME})\b(?! [A-Z])")
_RELATIONS = (
    "son", "daughter", "grandson", "granddaughter", "niece", "nephew", "baby", "brother", "sister",
    "girl", "boy", "twin", "year old", "year-old",
)  # fmt: skip
_WHOSE = re.compile(
    rf"\b({_NAME})['’]s (?:mum|mother|dad|father|parents|stepfather|stepmother|carers?|"
    r"brother|sister|siblings?|gran|nan|grandmother|grandfather|grandparents)\b"
)
_NUMBER = (
    r"(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|"
    r"fifteen|sixteen|seventeen)"
)
_AGED = re.compile(
    rf"\b({_NAME})(?: [A-Z]\b\.?)?(?: {_SURNAME})?(?: {_SURNAME})?,? ?\(?"
    rf"(?:(?:who )?(?:is|was) |just )?(?:an? )?"
    rf"(?:(?i:aged?) (?:of )?{_NUMBER}\b|{_NUMBER}[- ]?(?:years?|yrs?|months?)[- ]olds?\b|"
    r"\(?\d{1,2}\)|, ?\d{1,2},)"
)
# "Emma is 7 and", "Emma turned 12.": a child's age where nothing is counted.
_TURNED = re.compile(
    rf"\b({_NAME})(?: {_SURNAME})? (?:is|was|turned) (?:only |just )?(?P<age>\d{{1,2}})"
    r"(?=[.,;)]|\Z| (?:and|when|now)\b| years? of age\b)"
)


def _names(text: str) -> Iterator[tuple[int, int, str]]:
    for somebody in _SOMEBODY.finditer(text):
        called = _CALLED.match(text, somebody.end())
        named = _NAMED.match(text, somebody.end()) or (
            _OWN_CHILD.match(text, somebody.end())
            if somebody.group().lower() in _RELATIONS
            else None
        )
        if called:
            yield somebody.start(), called.end(), "child’s or family’s name"
        elif named and named.group(1).lower() in FIRST_NAMES:
            yield somebody.start(), named.end(), "child’s or family’s name"
    for match in _WHOSE.finditer(text):
        if match.group(1).lower() in FIRST_NAMES:
            yield match.start(), match.end(), "child’s or family’s name"


def _ages(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _AGED.finditer(text):
        if match.group(1).lower() in FIRST_NAMES:
            yield match.start(), match.end(), "name with an age"
    for match in _TURNED.finditer(text):
        if match.group(1).lower() in FIRST_NAMES and int(match.group("age")) <= 18:
            yield match.start(), match.end(), "name with an age"


# Homes: a house's number and street with a postcode, or said to be where somebody lives.
_STREET = (
    r"(?:street|st|road|rd|avenue|ave|lane|ln|close|drive|way|crescent|terrace|grove|gardens|"
    r"court|place|square|row|hill|park|mews|walk|view|green|rise)"
)
_HOUSE = rf"\b(?:flat \w{{1,3}},? )?\d{{1,4}}[a-z]?,? (?:[A-Z][\w'’]+ ){{1,3}}(?i:{_STREET})\b"
_POSTCODE = r"\b(?:GIR ?0AA|[A-PR-UWYZ][A-HK-Y]?[0-9][0-9A-HJKPSTUW]? ?[0-9][ABD-HJLNP-UW-Z]{2})\b"
_WITH_POSTCODE = re.compile(rf"{_HOUSE}[^.;\n]{{0,60}}?{_POSTCODE}")
_HOUSE_AND_POSTCODE = re.compile(
    rf"\b(?i:house|flat|number|no\.?|at) ?\d{{1,4}}[a-z]?,? {_POSTCODE}"
)
_LIVES = re.compile(
    rf"\b(?i:lives?|lived|living|resides?|residing|home address|address)\b[^.;\n]{{0,20}}?{_HOUSE}"
)


_NAME_AND_HOUSE = re.compile(rf"\b({_NAME}) {_SURNAME}(?:,| of| from| at|, of|, from) {_HOUSE}")


def _addresses(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _NAME_AND_HOUSE.finditer(text):
        if match.group(1).lower() in FIRST_NAMES:
            yield match.start(), match.end(), "address"
    for pattern in (_WITH_POSTCODE, _HOUSE_AND_POSTCODE, _LIVES):
        for match in pattern.finditer(text):
            yield match.start(), match.end(), "address"
