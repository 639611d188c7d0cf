"""A bucket of the tests' own server, with credentials from a file, as a cell would have them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import botocore.loaders
import pytest
from blobs.s3_server import Fault, Request, Server, running
from blobs.s3_store import Bucket

from tallystick.blobs.s3 import Place, Rules, S3Blobs, Service

CELL = "CELLKEY"
ADMINISTRATOR = "ADMINKEY"
LOADER = botocore.loaders.create_loader()  # one for all clients: reading the description of S3 takes most of a test
SECRETS = {CELL: "the secret of the cell", ADMINISTRATOR: "the secret of the administrator"}


def is_final(name: str) -> bool:
    """What these tests keep for good."""
    return name.startswith("final/")


@dataclass
class Store:
    """The server, its bucket, and the pauses that the client would have made."""

    server: Server
    bucket: Bucket
    pauses: list[float] = field(default_factory=list)

    def service(self, *, tries: int = 5, timeout: float = 30) -> Service:
        """A client with the credentials that the machine has now."""
        place = Place(self.bucket.name, self.server.endpoint, "eu-test-1")
        return Service(place, tries=tries, timeout=timeout, wait=self.pauses.append)

    def blobs(self, prefix: str = "cell/log", *, rules: Rules | None = None, tries: int = 5) -> S3Blobs:
        """A place in the bucket, in which names below final/ are locked."""
        return S3Blobs(self.service(tries=tries), prefix, rules=rules or Rules(is_locked=is_final, lock_days=400))

    def fail(self, *faults: Fault | None, method: str = "PUT") -> None:
        """The next requests of this method fail so, one after the other."""
        left = list(faults)

        def fault(request: Request, _number: int) -> Fault | None:
            return left.pop(0) if left and request.method == method else None

        self.server.fault = fault


def use_credentials(patch: pytest.MonkeyPatch, folder: Path, access: str) -> None:
    """Let this machine have the credentials of somebody, in a file, and no others."""
    path = folder / f"{access}.credentials"
    path.write_text(f"[default]\naws_access_key_id = {access}\naws_secret_access_key = {SECRETS.get(access, 'no')}\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        patch.delenv(name, raising=False)
    patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    patch.setenv("AWS_CONFIG_FILE", str(folder / "none"))
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    patch.setattr(botocore.loaders, "create_loader", lambda _path=None: LOADER)


@contextmanager
def store_at(patch: pytest.MonkeyPatch, folder: Path, bucket: Bucket | None = None) -> Iterator[Store]:
    """A server with one bucket, and the cell's credentials on this machine."""
    use_credentials(patch, folder, CELL)
    made = bucket or Bucket("tally")
    with running(SECRETS, made) as server:
        yield Store(server, made)
