"""Which stored files may be opened, and what is said of those that may not (domain rule 74)."""

from s11audit.domain.enums import ScanState

HELD = "Held until it has been checked for viruses. Nobody can open it yet."
HELD_LONG = (
    "Held until it has been checked for viruses. Nobody can open it yet. {problem} The file is "
    "kept, and the check is tried again every minute."
)
INFECTED = (
    "Refused: the virus scanner found “{found}” in it. The file itself was not kept. Check the "
    "computer that it came from, and add a clean copy."
)


def may_be_opened(state: ScanState) -> bool:
    """Return whether a file in this state may be given to anybody at all."""
    return state in (ScanState.NOT_SCANNED, ScanState.CLEAN)


def why_not_opened(state: ScanState, found: str = "", problem: str = "") -> str:
    """Return in words why a file in this state cannot be opened, "" where it can: `found` is what
    the scanner found in it, `problem` why it could not be scanned yet."""
    if state is ScanState.INFECTED:
        return INFECTED.format(found=found)
    if state is ScanState.WAITING:
        return HELD_LONG.format(problem=problem) if problem else HELD
    return ""
