"""Run with `make bench`. Measures and writes docs/speed.md."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar
from unittest.mock import patch

from bench import kills, log, redactions, report, run, screening, uploads

SIZES = (27, 300, 1000)
MOST = 25_000
LARGE = 200  # megabytes of a file

P = ParamSpec("P")
T = TypeVar("T")


def main() -> None:
    """Measure everything and write the document."""
    with tempfile.TemporaryDirectory(prefix="s11-bench-") as folder:
        print("Measuring the floor ...", flush=True)
        floor = alone(run.measure_floor, Path(folder))
        sizes = []
        for agencies in SIZES:
            print(f"Measuring at {agencies:,} agencies ...", flush=True)
            sizes.append(alone(run.measure, Path(folder), agencies))
        print(f"Measuring saving at {MOST:,} agencies ...", flush=True)
        most = alone(run.measure_saving, Path(folder), MOST)
        screened = []
        for returns in screening.SIZES:
            print(f"Measuring the screening of {returns:,} returns ...", flush=True)
            screened.append(alone(screening.measure, Path(folder), returns))
        print("Measuring large files ...", flush=True)
        large = alone(uploads.measure_all, Path(folder), LARGE)
        print("Measuring redaction ...", flush=True)
        redacted = alone(redactions.measured, Path(folder))
        print("Measuring the log ...", flush=True)
        proved = log.written(alone(log.measured, Path(folder)))
    print("Measuring backup and restore ...", flush=True)
    # From a process of its own: a command begins with the most memory that its parent ever held.
    copied = subprocess.run(
        [sys.executable, "-m", "bench.backups"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    print("Killing the service ...", flush=True)
    killed = kills.written(alone(kills.measure_all))
    measured = (report.written(floor, sizes, most), screening.written(screened))
    parts = (*measured, large, redacted, proved, copied, killed)
    text = "\n".join(parts)
    Path("docs/speed.md").write_text(text)
    print(text)


def alone(measure: Callable[P, T], *given: P.args, **more: P.kwargs) -> T:
    """Return what it measures; what it sets in the environment is gone afterwards."""
    with patch.dict(os.environ):
        return measure(*given, **more)


if __name__ == "__main__":
    main()
