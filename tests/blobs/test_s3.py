"""Blobs in a bucket when something goes wrong: lost answers, torn ones, locks, rights, stores that are not fit."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from blobs.bucket_at import ADMINISTRATOR, Store, is_final, store_at, use_credentials
from blobs.s3_server import Fault, Request
from blobs.s3_store import Bucket
from blobs.test_conformance import Source

from tallystick.blobs import (
    BlobChanged,
    BlobDamaged,
    BlobDiffers,
    BlobLocked,
    BlobsRefused,
    BlobsUnavailable,
)
from tallystick.blobs import s3 as s3_blobs
from tallystick.blobs.s3 import Rules, S3Blobs
from tallystick.blobs.s3.check import check_bucket
from tallystick.blobs.s3.service import Denied

FAILURES = [Fault.LOST, Fault.KEPT, Fault.CUT_LOST, Fault.CUT_KEPT]
LOCKED = Rules(is_locked=is_final, lock_days=400)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    with store_at(monkeypatch, tmp_path) as made:
        yield made


@pytest.mark.parametrize("fault", FAILURES)
def test_a_put_whose_answer_fails_is_made_good(store: Store, fault: Fault) -> None:
    blobs = store.blobs()
    store.fail(fault)
    blobs.put_new("final/a", b"1")
    store.fail(fault, fault)
    blobs.replace("checkpoint", b"1", was=None)
    store.fail(fault)
    blobs.replace("checkpoint", b"2", was=b"1")
    assert (blobs.get("final/a"), blobs.get("checkpoint")) == (b"1", b"2")
    assert [len(store.bucket.keys[f"cell/log/{name}"]) for name in ("final/a", "checkpoint")] == [1, 2]
    assert list(blobs.meddling()) == []
    assert len(store.pauses) == 4


@pytest.mark.parametrize("fault", FAILURES)
def test_every_request_of_a_day_may_fail_once(store: Store, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    """One request fails, the rest go well: once for each request there is. The outcome is always the same."""
    monkeypatch.setattr(s3_blobs, "PART_BYTES", 5 << 20)
    total, fail_at, service = 1, 0, store.service()
    while fail_at < total:
        blobs = S3Blobs(service, f"day{fail_at}", rules=LOCKED)
        start = len(store.server.seen)

        def one(_request: Request, number: int, at: int = start + fail_at) -> Fault | None:
            return fault if number == at else None

        store.server.fault = one
        blobs.put_new("final/a", b"1")
        blobs.replace("checkpoint", b"2", was=None)
        blobs.put_stream("large", Source((5 << 20) + 1))
        blobs.put_new("part", b"3")
        blobs.delete(["part"])
        assert list(blobs.names()) == ["checkpoint", "final/a", "large"]
        assert (blobs.get("final/a"), blobs.get("checkpoint")) == (b"1", b"2")
        with blobs.open_stream("large") as stream:
            assert len(stream.read()) == (5 << 20) + 1
        total = len(store.server.seen) - start - 1 if fail_at == 0 else total
        fail_at += 1
    assert total >= 12


def test_what_fails_for_ever_ends_after_a_few_tries(store: Store) -> None:
    blobs = store.blobs()
    for fault in (Fault.LOST, Fault.CUT_LOST):
        store.fail(*[fault] * 50)
        start = len(store.server.seen)
        with pytest.raises(BlobsUnavailable, match="put_object: expected an answer within 5 tries") as caught:
            blobs.put_new("a", b"1")
        assert "may have happened all the same" in str(caught.value)
        assert len(store.server.seen) - start == 5
    assert store.pauses[:4] == sorted(store.pauses[:4])
    assert sum(store.pauses[:4]) < 10


def test_no_answer_at_all_is_waited_for_only_so_long(store: Store) -> None:
    blobs = S3Blobs(store.service(tries=2, timeout=0.2), "p", rules=LOCKED)
    store.fail(Fault.SILENT)
    blobs.put_new("a", b"1")
    assert len(store.bucket.keys["p/a"]) == 1
    store.fail(Fault.SILENT, Fault.SILENT, method="GET")
    with pytest.raises(BlobsUnavailable, match="within 2 tries"):
        blobs.get("a")


@pytest.mark.parametrize("fault", [Fault.TORN, Fault.FLIPPED])
def test_a_torn_or_wrong_answer_is_read_again(store: Store, fault: Fault) -> None:
    blobs = store.blobs()
    blobs.put_new("a", bytes(1000))
    store.fail(fault, fault, method="GET")
    assert blobs.get("a") == bytes(1000)
    store.fail(*[fault] * 9, method="GET")
    with pytest.raises((BlobDamaged, BlobsUnavailable)):
        blobs.get("a")


def test_a_list_that_breaks_off_is_asked_again(store: Store) -> None:
    blobs = store.blobs()
    names = [f"{number:02d}" for number in range(20)]
    blobs.put_many([(name, b"") for name in names])
    store.fail(None, Fault.TORN, Fault.LOST, method="GET")
    assert list(blobs.names()) == names


def test_a_stream_goes_on_where_it_broke_off(store: Store) -> None:
    blobs = store.blobs()
    size = 3 << 20
    blobs.put_stream("large", Source(size))
    store.fail(Fault.TORN, Fault.TORN, Fault.LOST, None, method="GET")
    with blobs.open_stream("large") as stream:
        assert b"".join(iter(lambda: stream.read(100_000), b"")) == Source(size).read(size + 1)
    ranges = len([one for one in store.server.seen if one.method == "GET"])
    assert ranges == 4


def test_a_stream_does_not_go_on_in_another_object(store: Store) -> None:
    blobs = store.blobs()
    blobs.put_stream("large", Source(3 << 20))
    store.fail(Fault.TORN, method="GET")
    with blobs.open_stream("large") as stream:
        stream.read(1000)
        store.bucket.keys["cell/log/large"].append(store.bucket.keys["cell/log/large"][0].__class__("v9", b"x", '"y"'))
        with pytest.raises(BlobDamaged, match="expected it to stay as it was while it was read"):
            stream.read()


def test_a_damaged_object_is_told_from_an_answer_that_was(store: Store) -> None:
    blobs = store.blobs()
    blobs.put_new("a", b"right")
    (version,) = store.bucket.keys["cell/log/a"]
    store.bucket.keys["cell/log/a"] = [version.__class__(version.number, b"wrong", version.etag, version.checksum)]
    with pytest.raises(BlobDamaged, match="expected the bytes of the stored checksum"):
        blobs.get("a")


def test_a_lost_answer_does_not_hide_that_another_was_first(store: Store) -> None:
    blobs = store.blobs()

    def fault(request: Request, _number: int) -> Fault | None:
        if request.method == "PUT" and not store.bucket.keys:
            store.server.fault = lambda _request, _number: None
            store.blobs().put_new("a", b"theirs")
            return Fault.LOST
        return None

    store.server.fault = fault
    with pytest.raises(BlobDiffers, match="a: expected the 4 bytes given, found 6"):
        blobs.put_new("a", b"ours")


def test_a_replacement_in_flight_never_lands_on_a_newer_one(store: Store) -> None:
    """Its first try is lost, and while it waits to try again somebody else replaces."""
    blobs, other = store.blobs(), store.blobs()
    blobs.replace("checkpoint", b"300", was=None)
    store.fail(Fault.LOST)
    blobs.service._wait = lambda _seconds: other.replace("checkpoint", b"500", was=b"300")  # noqa: SLF001 - the wait is where the other one comes between
    with pytest.raises(BlobChanged):
        blobs.replace("checkpoint", b"400", was=b"300")
    assert other.get("checkpoint") == b"500"


def test_what_is_final_is_locked_and_nothing_else(store: Store) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    blobs = S3Blobs(store.service(), "p", rules=LOCKED, now=lambda: now)
    blobs.put_many([("final/a", b"1"), ("part", b"2")])
    blobs.replace("checkpoint", b"3", was=None)
    until = {key: versions[0].until for key, versions in store.bucket.keys.items()}
    assert until == {"p/final/a": now + timedelta(days=400), "p/part": None, "p/checkpoint": None}


def test_a_large_blob_is_locked_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_blobs, "PART_BYTES", 5 << 20)
    store.blobs().put_stream("final/large", Source((5 << 20) + 1))
    (version,) = store.bucket.keys["cell/log/final/large"]
    assert version.until is not None
    assert version.etag.endswith('-2"')
    assert store.bucket.uploads == {}


def test_an_administrator_with_all_rights_is_refused_or_found(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = store.blobs()
    blobs.put_many([("final/a", b"right"), ("final/b", b"right"), ("final/c", b"right"), ("part", b"x")])
    use_credentials(monkeypatch, tmp_path, ADMINISTRATOR)
    administrator = store.service()
    (version,) = store.bucket.keys["cell/log/final/a"]
    with pytest.raises(Denied, match="protected by object lock"):
        administrator.call("delete_object", Key="cell/log/final/a", VersionId=version.number)
    administrator.call("put_object", Key="cell/log/final/a", Body=b"wrong", ChecksumAlgorithm="SHA256")
    administrator.call("delete_object", Key="cell/log/final/b")
    administrator.call("delete_object", Key="cell/log/part")
    assert [(found.name, found.versions, found.hidden) for found in blobs.meddling()] == [
        ("final/a", 2, False),
        ("final/b", 1, True),
    ]
    assert "final/b: expected one version, found 1 and a delete marker" in str(list(blobs.meddling())[1])
    assert (blobs.get("final/a"), blobs.has("final/b")) == (b"wrong", False)
    assert (blobs.first_version("final/a"), blobs.first_version("final/b")) == (b"right", b"right")
    with pytest.raises(BlobDiffers):
        blobs.put_new("final/a", b"right")
    forgetful = store.blobs(rules=Rules(forget=True))
    with pytest.raises(BlobLocked, match="protected by object lock"):
        forgetful.delete(["final/a"])
    assert blobs.get("final/a") == b"right", "what was put over it had no lock, and went"


def test_meddling_is_found_across_pages(store: Store) -> None:
    blobs = store.blobs()
    blobs.put_many([(f"final/{number:02d}", b"1") for number in range(30)])
    administrator = store.service()
    hidden = [f"final/{number:02d}" for number in range(0, 30, 3)]
    for name in hidden:
        administrator.call("delete_object", Key=f"cell/log/{name}")
    assert [found.name for found in blobs.meddling()] == hidden


def test_what_must_be_gone_is_gone_with_all_its_versions(store: Store) -> None:
    vault = store.blobs("vault", rules=Rules(forget=True))
    vault.put_new("a", b"1")
    vault.put_new("ab", b"1")
    vault.replace("a", b"2", was=b"1")
    vault.delete(["a"])
    assert list(store.bucket.keys) == ["vault/ab"]
    log = store.blobs("vault", rules=Rules())
    log.delete(["ab"])
    assert len(store.bucket.keys["vault/ab"]) == 2, "a version and a marker"


def test_a_good_bucket_passes_the_check_and_passes_it_again(store: Store) -> None:
    for _ in range(2):
        check_bucket(store.blobs())
    check_bucket(store.blobs("vault", rules=Rules(forget=True)))
    assert sorted(store.bucket.keys) == ["cell/log.probe", "vault.probe"]


@pytest.mark.parametrize(
    ("bucket", "rules", "what"),
    [
        (Bucket("tally", is_versioned=False), LOCKED, "versioning of the bucket to be enabled, found it off"),
        (Bucket("tally", has_lock=False), LOCKED, "object lock to be enabled on the bucket, found it off"),
        (Bucket("tally", default_days=9), Rules(forget=True), "a bucket without a default retention, found one"),
        (Bucket("tally", knows_conditions=False), LOCKED, "a write whose condition does not hold"),
        (Bucket("tally", has_lock=False, is_versioned=False), Rules(), ""),
    ],
)
def test_a_bucket_that_cannot_keep_a_log_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, bucket: Bucket, rules: Rules, what: str
) -> None:
    with store_at(monkeypatch, tmp_path, bucket) as store:
        if not what:
            check_bucket(store.blobs(rules=rules))
            return
        with pytest.raises(BlobsRefused, match=what):
            check_bucket(store.blobs(rules=rules))


def test_who_may_not_and_who_is_unknown_is_told_so(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.server.may = lambda request: request.method == "GET"
    with pytest.raises(BlobsRefused, match=r"expected the right to ask about the bucket.*docs/storage\.md"):
        check_bucket(store.blobs())
    with pytest.raises(BlobsRefused, match="a: expected the right to do this in s3://tally/cell/log"):
        store.blobs().put_new("a", b"")
    store.server.may = lambda _request: True
    store.bucket.name = "other"
    with pytest.raises(BlobsRefused, match="expected a bucket, found none"):
        check_bucket(store.blobs())
    store.bucket.name = "tally"
    use_credentials(monkeypatch, tmp_path, "STRANGER")
    with pytest.raises(BlobsRefused):
        check_bucket(store.blobs())
    assert store.server.refused
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(BlobsRefused, match="expected credentials from this machine"):
        store.blobs().get("a")


def test_nothing_of_a_credential_is_in_a_message(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_credentials(monkeypatch, tmp_path, "STRANGER")
    with pytest.raises(BlobsRefused) as caught:
        store.blobs().get("a")
    assert "secret" not in json.dumps(str(caught.value))
