"""Files that commands write: whole or not at all."""

import os
import tempfile
from pathlib import Path

import click


def write_file(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write the file; a `private` one only its owner may read. A failure names it and the
    reason."""
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)  # A pipe or a device is written to, never replaced.
        else:
            _replace(path.resolve(), content, private=private)
    except OSError as error:
        raise click.ClickException(
            f"{path}: the file cannot be written ({error.strerror or error})."
        ) from error


def _replace(path: Path, content: bytes, *, private: bool) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".s11audit-")  # its owner's
    try:
        with os.fdopen(descriptor, "wb") as opened_file:
            opened_file.write(content)
        if not private:
            mask = os.umask(0)
            os.umask(mask)
            Path(name).chmod(0o666 & ~mask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
