"""Run with `make bench`. Measures and writes docs/speed.md."""

import tempfile
from pathlib import Path

from bench import report, run

SIZES = (27, 300, 1000)
MOST = 25_000


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
    text = report.written(floor, sizes, most)
    Path("docs/speed.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
