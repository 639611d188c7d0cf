"""Files that are the same for everybody: styles, scripts, pictures. Reads one folder at start, writes nothing."""

import hashlib
import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file, held in memory. Browsers keep it and ask whether it changed."""

    content: bytes
    media_type: str
    tag: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the file, or that it has not changed."""
        if Request(scope).headers.get("if-none-match") == self.tag:
            response = Response(status_code=304, headers={"ETag": self.tag})
        else:
            response = Response(self.content, media_type=self.media_type, headers={"ETag": self.tag})
        await response(scope, receive, send)


def static_files(folder: Path) -> Iterator[tuple[str, StaticFile]]:
    """Every file below a folder: its path there, and what answers it. Raises FileNotFoundError when there is none."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    if not paths:
        raise FileNotFoundError(f"{folder}: expected files to serve, found none: install the package whole")
    for path in paths:
        content = path.read_bytes()
        media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        yield path.relative_to(folder).as_posix(), StaticFile(content, media_type, tag)
