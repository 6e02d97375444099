"""A board whose evidence lies in a bucket is backed up, and restored into another bucket."""

from pathlib import Path

from tests.integration.backups.places import place
from tests.support.databases import Databases
from tests.support.s3_server import Endpoint


def test_evidence_goes_from_one_bucket_into_another(
    databases: Databases, s3: Endpoint, tmp_path: Path
) -> None:
    with place(databases, "sqlite", tmp_path / "a", empty=False, store=s3.bucket_url()) as there:
        large = there.offer(b"0123456789abcdef" * 600_000)  # more than goes up in one part
        small = there.offer(b"minutes")
        assert there.back_up(tmp_path / "a.zip").missing == []
    with place(databases, "sqlite", tmp_path / "b", store=s3.bucket_url()) as here:
        done = here.restore(tmp_path / "a.zip")
        assert (done.files, done.broken, done.missing) == (2, None, [])
        assert [here.storage.hash_of(name) for name in (large, small)] == [large, small]
