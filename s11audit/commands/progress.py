"""Progress of what takes more than a second, on standard error."""

import sys
import time

import click


class Progress:
    """Called with how many of how many are done; says so from the second second on, at most
    five times a second on a terminal (in place) and once in three seconds elsewhere."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.next = time.monotonic() + 0.8
        self.in_place = sys.stderr.isatty()
        self.shown = False

    def __call__(self, done: int, of: int) -> None:
        """Say how far it is, where it is time to."""
        moment = time.monotonic()
        if moment < self.next:
            return
        self.next = moment + (0.2 if self.in_place else 3.0)
        self.shown = True
        text = f"{self.what}: {done:,} of {of:,}"
        click.echo(f"\r{text}   " if self.in_place else text, err=True, nl=not self.in_place)

    def end(self) -> None:
        """Leave the line of a terminal."""
        if self.shown and self.in_place:
            click.echo(err=True)
