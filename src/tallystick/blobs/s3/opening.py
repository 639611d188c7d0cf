"""Open a place in a bucket by its address, and refuse it when it cannot keep what it is to keep."""

from tallystick.blobs import BlobsRefused
from tallystick.blobs.s3 import Place, Rules, S3Blobs, Service
from tallystick.blobs.s3.check import check_bucket

__all__ = ["Place", "Rules", "open_place", "read_place"]


def open_place(address: str, *, endpoint: str | None, region: str | None, rules: Rules) -> S3Blobs:
    """The blobs at s3://bucket/prefix, after a check of the bucket, which writes one small probe.

    raises  BlobsRefused with what to set, BlobsUnavailable
    """
    blobs = read_place(address, endpoint=endpoint, region=region, rules=rules)
    check_bucket(blobs)
    return blobs


def read_place(address: str, *, endpoint: str | None, region: str | None, rules: Rules) -> S3Blobs:
    """The blobs at s3://bucket/prefix for a reader, whose rights are not asked about. Raises BlobsRefused."""
    scheme, _, rest = address.partition("://")
    bucket, _, prefix = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise BlobsRefused(f"expected s3://bucket/prefix, found {address!r}")
    return S3Blobs(Service(Place(bucket, endpoint, region)), prefix.strip("/"), rules=rules)
