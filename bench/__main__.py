"""Run with `make bench`. Measures and writes docs/speed.md."""

import tempfile
from pathlib import Path

from bench import backups, kills, log, redactions, report, run, screening, uploads

SIZES = (27, 300, 1000)
MOST = 25_000
LARGE = 200  # megabytes of a file


def main() -> None:
    """Measure everything and write the document."""
    with tempfile.TemporaryDirectory(prefix="s11-bench-") as folder:
        print("Measuring the floor ...", flush=True)
        floor = run.measure_floor(Path(folder))
        sizes = []
        for agencies in SIZES:
            print(f"Measuring at {agencies:,} agencies ...", flush=True)
            sizes.append(run.measure(Path(folder), agencies))
        print(f"Measuring saving at {MOST:,} agencies ...", flush=True)
        most = run.measure_saving(Path(folder), MOST)
        screened = []
        for returns in screening.SIZES:
            print(f"Measuring the screening of {returns:,} returns ...", flush=True)
            screened.append(screening.measure(Path(folder), returns))
        print("Measuring large files ...", flush=True)
        large = uploads.measure_all(Path(folder), LARGE)
        print("Measuring redaction ...", flush=True)
        redacted = redactions.measured(Path(folder))
        print("Measuring the log ...", flush=True)
        proved = log.written(log.measured(Path(folder)))
    print("Measuring backup and restore ...", flush=True)
    copied = backups.written(backups.measure_all())
    print("Killing the service ...", flush=True)
    killed = kills.written(kills.measure_all())
    measured = (report.written(floor, sizes, most), screening.written(screened))
    parts = (*measured, large, redacted, proved, copied, killed)
    text = "\n".join(parts)
    Path("docs/speed.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
