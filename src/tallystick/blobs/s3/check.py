"""Ask at start whether a bucket can keep what it is to keep. Writes one small probe beside it."""

from tallystick.blobs import BlobsRefused
from tallystick.blobs.s3 import S3Blobs
from tallystick.blobs.s3.service import ConditionFailed, Denied, NotThere, Service

_PROBE = b"A store that lets this be overwritten cannot keep a log.\n"


def check_bucket(blobs: S3Blobs) -> None:
    """Refuse a bucket that cannot keep what this place is to keep, saying what to set. It writes one small probe.

    raises  BlobsRefused, BlobsUnavailable
    """
    service, where = blobs.service, blobs.where
    try:
        service.call("head_bucket")
        _check_versioning(blobs)
        _check_lock(blobs)
        _check_conditions(service, f"{blobs.prefix}.probe")
    except NotThere as error:
        raise BlobsRefused(f"{where}: expected a bucket, found none: make it, or correct its name: {error}") from error
    except Denied as error:
        raise BlobsRefused(
            f"{where}: expected the right to ask about the bucket and to write to it: {error}. "
            "docs/storage.md lists the rights"
        ) from error


def _check_versioning(blobs: S3Blobs) -> None:
    if blobs.rules.lock_days is None:
        return
    status = blobs.service.call("get_bucket_versioning").get("Status", "off")
    if status != "Enabled":
        raise BlobsRefused(f"{blobs.where}: expected versioning of the bucket to be enabled, found it {status}")


def _check_lock(blobs: S3Blobs) -> None:
    try:
        rule = blobs.service.call("get_object_lock_configuration")["ObjectLockConfiguration"]
    except (NotThere, BlobsRefused):
        rule = {}
    is_on = rule.get("ObjectLockEnabled") == "Enabled"
    if blobs.rules.lock_days is not None and not is_on:
        raise BlobsRefused(
            f"{blobs.where}: expected object lock to be enabled on the bucket, found it off: "
            "make a bucket with object lock, or take object_lock_days out of the settings"
        )
    if blobs.rules.forget and "Rule" in rule:
        raise BlobsRefused(
            f"{blobs.where}: expected a bucket without a default retention, found one: content that must be erasable "
            "cannot be kept there"
        )


def _check_conditions(service: Service, key: str) -> None:
    """A store that does not know conditional writes takes them for plain ones, and would overwrite a log."""
    conditions = ({"IfNoneMatch": "*"}, {"IfNoneMatch": "*"}, {"IfMatch": '"00000000000000000000000000000000"'})
    is_refused = []
    for condition in conditions:
        try:
            service.call("put_object", Key=key, Body=_PROBE, ChecksumAlgorithm="SHA256", **condition)
            is_refused.append(False)
        except ConditionFailed:
            is_refused.append(True)
    if not all(is_refused[1:]):  # the first one makes the probe, unless an earlier start did
        raise BlobsRefused(
            f"s3://{service.bucket}: expected a store that refuses a write whose condition does not hold "
            "(If-None-Match, If-Match), found one that overwrites: use another store"
        )
