"""Imports point down, and the rules know nothing of what is above them (docs/architecture.md)."""

from importlinter.cli import lint_imports


def test_the_import_contracts_are_kept() -> None:
    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == 0
