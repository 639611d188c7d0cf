"""A file to keep, as an answer: a browser never runs or shows it as a page of ours. Reads pieces, writes none."""

from collections.abc import Iterator
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse


def download(name: str, size: int, pieces: Iterator[bytes]) -> Response:
    """The bytes of a file, sent as they come. A fault on the way ends the connection before `size` bytes are sent."""
    headers = {"Content-Length": str(size), "Content-Disposition": f'attachment; filename="{quote(name)}"'}
    return StreamingResponse(pieces, media_type="application/octet-stream", headers=headers)
