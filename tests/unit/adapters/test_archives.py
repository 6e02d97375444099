"""An archive is what its manifest says, or it is refused in one sentence."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s11audit.adapters.archives import FORMAT, KIND, Archive, Writer, list_hash
from s11audit.domain.errors import Invalid, Refused

TABLE = b'[["id","integer"],["name","text"]]\n[1,"Rydal"]\n[2,"Tarnholm"]\n'
FILE = b"What was offered as evidence."
NAME = sha256(FILE).hexdigest()


def manifest(**changes: object) -> dict[str, object]:
    """A manifest as a backup writes it, for the table and the file above."""
    part = {"name": "tables/board.jsonl", "bytes": len(TABLE), "sha256": sha256(TABLE).hexdigest()}
    return {
        "kind": KIND,
        "format": FORMAT,
        "s11audit": "0.2.0",
        "revision": "0001",
        "engine": "sqlite",
        "made_at": "2026-12-18T07:00:00+00:00",
        "rows": {"board": 2},
        "missing": [],
        "log": [{"chain": "installation", "entry": 7, "hash": "ab"}],
        "parts": [part],
        "evidence": {"files": 1, "bytes": len(FILE), "sha256": list_hash([NAME])},
    } | changes


def written(path: Path) -> Path:
    with Writer(path) as writer:
        writer.add("tables/board.jsonl", [TABLE[:10], TABLE[10:]])
        writer.add(f"evidence/{NAME}", [FILE], packed=False)
        writer.finish(manifest())
    return path


def by_hand(path: Path, members: list[tuple[str, bytes]], **changes: object) -> Path:
    """A ZIP file with these members and a manifest."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
        archive.writestr("manifest.json", json.dumps(manifest(**changes)))
    return path


GOOD = [("tables/board.jsonl", TABLE), (f"evidence/{NAME}", FILE)]


def checked(path: Path) -> dict[str, bytes]:
    """What an archive holds, once it has been checked."""
    with Archive(path) as archive:
        archive.check()
        held = {
            name: b"\n".join(archive.lines(f"tables/{name}.jsonl")) for name in archive.tables()
        }
        for name, size in archive.evidence():
            held[name] = archive.open_evidence(name).read()
            assert len(held[name]) == size
        return held


CONTENT = {"board": TABLE.rstrip(b"\n"), NAME: FILE}


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "a.zip")
    assert checked(path) == CONTENT
    assert path.stat().st_mode & 0o077 == 0  # nobody else may read it
    assert [each.name for each in tmp_path.iterdir()] == ["a.zip"]
    assert checked(by_hand(tmp_path / "b.zip", GOOD)) == CONTENT


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    path = written(tmp_path / "a.zip")
    before = path.read_bytes()
    with pytest.raises(Refused, match=r"a\.zip is there already"):
        written(path)
    assert path.read_bytes() == before


def test_two_backups_at_once_do_not_write_into_each_other(tmp_path: Path) -> None:
    with Writer(tmp_path / "a.zip") as writer:
        with pytest.raises(Refused, match="another backup"), Writer(tmp_path / "a.zip"):
            pass
        writer.add("tables/board.jsonl", [TABLE])
        writer.add(f"evidence/{NAME}", [FILE])
        writer.finish(manifest())
    assert checked(tmp_path / "a.zip") == CONTENT


def test_what_fails_on_the_way_leaves_nothing_and_what_was_killed_is_written_over(
    tmp_path: Path,
) -> None:
    with pytest.raises(OSError, match="full"), Writer(tmp_path / "a.zip") as writer:
        writer.add("tables/board.jsonl", [TABLE])
        raise OSError(28, "full")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a.zip.partial").write_bytes(b"left by a killed backup" * 1000)
    assert checked(written(tmp_path / "a.zip")) == CONTENT
    assert [each.name for each in tmp_path.iterdir()] == ["a.zip"]


@pytest.mark.parametrize(
    ("members", "changes"),
    [
        ([*GOOD, ("../../etc/cron.d/evil", b"x")], {}),
        ([*GOOD, ("tables/../../evil.jsonl", b"x")], {}),
        ([*GOOD, ("/tables/board.jsonl", TABLE)], {}),
        ([*GOOD, ("tables/Board.jsonl", TABLE)], {}),
        ([*GOOD, ("tables/user.jsonl", TABLE)], {}),
        ([*GOOD, ("evidence/" + "0" * 64, b"x")], {}),
        (GOOD[:1], {}),
        (GOOD[1:], {}),
        ([("tables/board.jsonl", TABLE + b"[3]\n"), GOOD[1]], {}),
        ([GOOD[0], (f"evidence/{NAME}", FILE + b"!")], {}),
        ([GOOD[0], (f"evidence/{NAME}", FILE[::-1])], {}),
        (GOOD, {"kind": "something else"}),
        (GOOD, {"format": "1"}),
        (GOOD, {"parts": [{"name": "../evil", "bytes": 1, "sha256": ""}]}),
        (GOOD, {"parts": "none"}),
        (GOOD, {"evidence": None}),
        (GOOD, {"rows": [2]}),
        (GOOD, {"made_at": "yesterday"}),
        (GOOD, {"log": [{}]}),
        (GOOD, {"evidence": {"files": 0, "bytes": 0, "sha256": list_hash([])}}),
    ],
)
def test_an_archive_that_is_not_what_its_manifest_says_is_refused(
    tmp_path: Path, members: list[tuple[str, bytes]], changes: dict[str, object]
) -> None:
    with pytest.raises(Invalid, match=r"a\.zip: "):
        checked(by_hand(tmp_path / "a.zip", members, **changes))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        checked(by_hand(tmp_path / "a.zip", [*GOOD, GOOD[0]]))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = b"0" * (30 * 1024 * 1024)
    with pytest.raises(Invalid):
        by_hand(tmp_path / "a.zip", [("tables/board.jsonl", bomb), GOOD[1]])
        Archive(tmp_path / "a.zip")


def test_a_later_format_is_refused_as_that(tmp_path: Path) -> None:
    members = [*GOOD, ("something/new", b"x")]
    with pytest.raises(Invalid, match="a later version of s11audit"):
        Archive(by_hand(tmp_path / "a.zip", members, format=FORMAT + 1))


@pytest.mark.parametrize("kind", ["text", "empty", "tar", "zip"])
def test_a_foreign_file_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"" if kind == "empty" else b"Dear colleague,\n" * 500)
    if kind == "tar":
        with tarfile.open(path, "w:gz") as archive:
            archive.addfile(tarfile.TarInfo("manifest.json"), io.BytesIO(b""))
    elif kind == "zip":
        with zipfile.ZipFile(path, "w") as zipped:
            zipped.writestr("manifest.json", "[]")
    with pytest.raises(Invalid, match="not a backup of s11audit"):
        Archive(path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("archives") / "whole.zip")


def test_an_archive_that_is_cut_short_anywhere_is_refused(whole: Path) -> None:
    content = whole.read_bytes()
    cut = whole.with_name("cut.zip")
    for length in [*range(0, len(content) - 60, 9), *range(len(content) - 60, len(content))]:
        cut.write_bytes(content[:length])
        with pytest.raises(Invalid):
            checked(cut)


@given(data=st.data())
def test_a_damaged_archive_is_refused_or_holds_what_it_held(
    whole: Path, data: st.DataObject
) -> None:
    content = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    damaged = whole.with_name("damaged.zip")
    damaged.write_bytes(content)
    try:
        held = checked(damaged)
    except Invalid as error:
        assert str(error).startswith(str(damaged))
    else:
        assert held == CONTENT
