"""Where the files that lie beside the package are found."""

from functools import cache
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

PACKAGE = Path(__file__).resolve().parent
STATIC = PACKAGE / "static"
VENDOR = STATIC / "vendor"


def top(name: str) -> Path:
    """Return the path of `templates`, `migrations` or `config.py`.

    A wheel carries them in `s11audit/_top/`; in a checkout they lie beside the package. Those in
    the package come first, for what lies beside it in site-packages belongs to others. Raises
    FileNotFoundError where neither is there.
    """
    for folder in (PACKAGE / "_top", PACKAGE.parent):
        path = folder / name
        if path.exists():
            return path
    raise FileNotFoundError(f"{name} is neither in {PACKAGE / '_top'} nor in {PACKAGE.parent}.")


@cache
def static_address() -> str:
    """Return the address below which the static files lie: another one as soon as one of them is
    another, so that a browser may keep them for good."""
    known = sha256()
    for file in sorted(each for each in STATIC.rglob("*") if each.is_file()):
        content = file.read_bytes()
        known.update(f"{file.relative_to(STATIC).as_posix()} {len(content)} ".encode() + content)
    return f"/static/{known.hexdigest()[:10]}"


@cache
def newest_revision() -> str:
    """Return the revision of the newest schema: the number that the last migration's file begins
    with."""
    return max(file.name.partition("_")[0] for file in top("migrations").glob("[0-9]*.py"))


@cache
def settings_module() -> ModuleType:
    """Return config.py, loaded by its path: `import config` could find somebody else's."""
    path = top("config.py")
    spec = spec_from_file_location("s11audit_config", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded.")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
