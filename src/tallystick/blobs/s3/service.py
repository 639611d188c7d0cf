"""Talk to one S3 bucket: connect, try a bounded number of times, turn answers into the errors of blobs."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypedDict, TypeVar

import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own, which is none of the built-in kind
    CredentialRetrievalError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.parsers import ResponseParserError

from tallystick.blobs import BlobDamaged, BlobsRefused, BlobsUnavailable

TRIES = 5
PARALLEL = 16
"""Requests under way at once, and connections kept open."""
_PAUSE = 0.2
_TIMEOUT = 30
_CONNECT_TIMEOUT = 5

_Result = TypeVar("_Result")

_TRANSIENT = (ConnectionError, HTTPClientError, IncompleteReadError, ResponseParserError)
_RETRIED_CODES = frozenset(
    {
        "BadDigest",  # the bytes were altered on their way
        "ConditionalRequestConflict",  # another conditional write of this name was under way
        "OperationAborted",
        "RequestTimeout",
        "SlowDown",
        "TooManyRequests",
        "XAmzContentSHA256Mismatch",
    }
)


class Body(Protocol):
    """The bytes of an answer, to be read once."""

    def read(self, amount: int | None = None) -> bytes:
        """The next bytes, all of them for None."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...


class Item(TypedDict, total=False):
    """One object, version, delete marker or error in a list."""

    Key: str
    VersionId: str
    Code: str
    Message: str


class Rule(TypedDict, total=False):
    """What a bucket says of its object lock."""

    ObjectLockEnabled: str
    Rule: dict[str, dict[str, str | int]]


class Answer(TypedDict, total=False):
    """The parts of S3's answers that are used here."""

    Body: Body
    ETag: str
    ContentLength: int
    UploadId: str
    Contents: Sequence[Item]
    Versions: Sequence[Item]
    DeleteMarkers: Sequence[Item]
    Errors: Sequence[Item]
    IsTruncated: bool
    NextContinuationToken: str
    NextKeyMarker: str
    NextVersionIdMarker: str
    Status: str
    ObjectLockConfiguration: Rule


class NotThere(Exception):
    """There is no such object, upload or setting."""


class ConditionFailed(Exception):
    """The object is not what the condition of the request said."""


class OutOfRange(Exception):
    """The object has no such bytes."""


class Denied(Exception):
    """The answer is no: a right is missing, or a lock holds."""


_VERDICTS: dict[int, type[Exception]] = {403: Denied, 404: NotThere, 412: ConditionFailed, 416: OutOfRange}
_ADVICE = {
    "InvalidAccessKeyId": "The credentials of this machine are not known there",
    "NoSuchBucket": "Make the bucket, or correct its name in the settings",
    "RequestTimeTooSkewed": "The clock of this machine is wrong: set it",
    "SignatureDoesNotMatch": "The credentials of this machine are not the right ones",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Which bucket of which store.

    endpoint  address of an S3-compatible store; None for AWS
    region    None for the one that the machine is configured with
    """

    bucket: str
    endpoint: str | None = None
    region: str | None = None


class Service:
    """One bucket. Credentials come from the machine's own mechanisms: role, web identity, or a credentials file."""

    def __init__(
        self, place: Place, *, tries: int = TRIES, timeout: float = _TIMEOUT, wait: Callable[[float], None] = time.sleep
    ) -> None:
        self.bucket = place.bucket
        self._tries = tries
        self._wait = wait
        config = Config(
            connect_timeout=_CONNECT_TIMEOUT,
            read_timeout=timeout,
            max_pool_connections=PARALLEL,
            retries={"total_max_attempts": 1, "mode": "standard"},  # the loop below is the only one
            s3={"addressing_style": "path" if place.endpoint else "virtual"},
            signature_version="s3v4",
            request_checksum_calculation="when_required",  # SHA-256 is given with every write
            response_checksum_validation="when_required",  # and asked for with every read
        )
        try:
            self._client = botocore.session.Session().create_client(
                "s3", region_name=place.region, endpoint_url=place.endpoint, config=config
            )
        except (BotoCoreError, ValueError) as error:
            raise BlobsRefused(
                f"s3://{place.bucket}: expected settings that S3 can be reached with: {error}"
            ) from error

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def call(self, operation: str, **request: object) -> Answer:
        """One request, tried again while the fault may pass.

        raises  NotThere, ConditionFailed, OutOfRange, Denied; BlobsRefused, BlobsUnavailable
        """
        return self.try_hard(operation, lambda: self.once(operation, **request))

    def once(self, operation: str, **request: object) -> Answer:
        """One request, one try."""
        answer: Answer = getattr(self._client, operation)(Bucket=self.bucket, **request)
        return answer

    def try_hard(self, operation: str, act: Callable[[], _Result]) -> _Result:
        """Act until it succeeds, fails for good, or has failed so often that somebody must look."""
        what = f"s3://{self.bucket}: {operation}"
        last: Exception | None = None
        for attempt in range(self._tries):
            if attempt:
                self._wait(_PAUSE * 2**attempt)
            try:
                return act()
            except ClientError as error:
                if not _may_pass(error):
                    raise _verdict(what, error) from error
                last = error
            except (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError) as error:
                raise BlobsRefused(
                    f"{what}: expected credentials from this machine (role, web identity or credentials file): {error}"
                ) from error
            except (*_TRANSIENT, FlexibleChecksumError) as error:
                last = error
        if isinstance(last, FlexibleChecksumError):
            raise BlobDamaged(f"{what}: expected the bytes of the stored checksum, found others: {last}") from last
        raise BlobsUnavailable(
            f"{what}: expected an answer within {self._tries} tries, the last one failed: {last}. "
            "What was asked may have happened all the same"
        ) from last


def _status(error: ClientError) -> tuple[int, str]:
    response = error.response
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)), str(response["Error"].get("Code", ""))


def _may_pass(error: ClientError) -> bool:
    status, code = _status(error)
    return (status >= 500 and code != "NotImplemented") or status in {0, 408, 429} or code in _RETRIED_CODES


def _verdict(what: str, error: ClientError) -> Exception:
    status, code = _status(error)
    if code in _ADVICE:
        return BlobsRefused(f"{what}: {error}. {_ADVICE[code]}")
    return _VERDICTS.get(status, BlobsRefused)(f"{what}: {error}")
