"""Read one S3 object piece by piece, going on where an answer broke off. Keeps one piece in memory."""

from tallystick.blobs import BlobDamaged
from tallystick.blobs.s3.service import Answer, ConditionFailed, NotThere, OutOfRange, Service


class ObjectReader:
    """The bytes of one object from the first to the last. The object must not change meanwhile."""

    def __init__(self, service: Service, key: str) -> None:
        self._service = service
        self._key = key
        self._at = 0
        self._answer: Answer | None = service.call("get_object", Key=key, ChecksumMode="ENABLED")
        self._etag = self._answer["ETag"]
        self._size = self._answer["ContentLength"]

    def read(self, amount: int = -1, /) -> bytes:
        """The next bytes, fewer than asked for only at the end; all of them for -1. Raises BlobDamaged."""
        left = self._size - self._at if amount < 0 else amount
        pieces = []
        while left > 0:
            wanted = left
            try:
                piece = self._service.try_hard("get_object", lambda: self._next(wanted))  # noqa: B023 - called at once
            except (NotThere, ConditionFailed, OutOfRange) as error:
                raise BlobDamaged(f"{self._key}: expected it to stay as it was while it was read: {error}") from error
            if not piece:
                break
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """Give the connection back."""
        if self._answer is not None:
            self._answer["Body"].close()
            self._answer = None

    def _next(self, amount: int) -> bytes:
        if self._answer is None:
            if self._at >= self._size:
                return b""
            self._answer = self._service.once(
                "get_object", Key=self._key, IfMatch=self._etag, Range=f"bytes={self._at}-{self._size - 1}"
            )
        answer, self._answer = self._answer, None  # after an error the rest is asked for anew
        piece = answer["Body"].read(amount)
        self._answer = answer
        self._at += len(piece)
        return piece
