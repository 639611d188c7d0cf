"""An S3 server of the tests' own: real HTTP on this machine, strict, and faulty on demand.

It checks every signature, wants a checksum with every write, pages its lists, and keeps versions and locks. A fault
stands for one request: refused before or after it was carried out, an answer that breaks off, or none at all.
"""

import enum
import re
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

from blobs import s3_signature
from blobs.s3_store import Bucket, Put, Refusal, Version, digest

PAGE = 7
"""Keys in one page of a list: few, so that every test pages."""

XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"


class Fault(enum.Enum):
    """What goes wrong with one request."""

    LOST = "answered 503, not carried out"
    KEPT = "carried out, answered 503"
    CUT_LOST = "not carried out, the connection ends without an answer"
    CUT_KEPT = "carried out, the connection ends without an answer"
    TORN = "carried out, the answer breaks off in the middle"
    SILENT = "carried out, no answer comes"
    FLIPPED = "the body of the answer has one wrong bit"


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as the log of the server keeps it."""

    method: str
    key: str
    query: dict[str, str]
    access: str
    size: int

    @property
    def is_write(self) -> bool:
        """It changes something."""
        return self.method in {"PUT", "POST", "DELETE"}


Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Server:
    """What the server has, whom it knows, what it saw, and which request fails how."""

    secrets: dict[str, str]
    buckets: dict[str, Bucket] = field(default_factory=dict)
    seen: list[Request] = field(default_factory=list)
    fault: Callable[[Request, int], Fault | None] = lambda _request, _number: None
    refused: list[str] = field(default_factory=list)
    may: Callable[[Request], bool] = lambda _request: True
    endpoint: str = ""
    over: threading.Event = field(default_factory=threading.Event)

    def bucket(self, name: str, request: Request) -> Bucket:
        """The bucket, for somebody who may do this with it."""
        if not self.may(request):
            raise Refusal(403, "AccessDenied", "Access Denied")
        if name not in self.buckets:
            raise Refusal(404, "NoSuchBucket")
        return self.buckets[name]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    state: ClassVar[Server]

    def do_GET(self) -> None:
        """Any method: the same way."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        bucket, _, key = unquote(url.path).lstrip("/").partition("/")
        try:
            access = s3_signature.check(
                self.command, self.path, dict(self.headers.items()), body, secrets=self.state.secrets
            )
        except s3_signature.BadSignature as error:
            self.state.refused.append(str(error))
            self._send(_error(Refusal(403, "SignatureDoesNotMatch", str(error))), None)
            return
        request = Request(self.command, key, query, access, len(body))
        self.state.seen.append(request)
        fault = self.state.fault(request, len(self.state.seen) - 1)
        answer: Answer = (503, {}, b"<Error><Code>SlowDown</Code><Message>later</Message></Error>")
        if fault not in {Fault.LOST, Fault.CUT_LOST}:
            done = self._act(bucket, request, body)
            answer = answer if fault is Fault.KEPT else done
        self._send(answer, fault)

    do_PUT = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815 - the names that the standard library calls

    def log_message(self, *_parts: object) -> None:
        """Nothing on the screen."""

    def _send(self, answer: Answer, fault: Fault | None) -> None:
        status, headers, body = answer
        if fault is Fault.SILENT:
            self.state.over.wait(60)
        if fault in {Fault.CUT_LOST, Fault.CUT_KEPT, Fault.SILENT}:
            self.close_connection = True
            return
        if fault is Fault.FLIPPED and body:
            body = bytes([body[0] ^ 1]) + body[1:]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if fault is Fault.TORN else body)
        self.close_connection = fault is Fault.TORN

    def _act(self, bucket: str, request: Request, body: bytes) -> Answer:
        try:
            headers = {name.lower(): value for name, value in self.headers.items()}
            return Act(self.state.bucket(bucket, request), request, body, headers).run()
        except Refusal as refusal:
            return _error(refusal)


@dataclass(frozen=True, slots=True)
class Act:
    """One request that is signed and allowed."""

    bucket: Bucket
    request: Request
    body: bytes
    headers: dict[str, str]

    def run(self) -> Answer:
        """The answer."""
        method, query = self.request.method, self.request.query
        acts: list[tuple[bool, Callable[[], Answer]]] = [
            (method == "HEAD" and not self.request.key, lambda: (200, {}, b"")),
            (method == "GET" and "versioning" in query, self.versioning),
            (method == "GET" and "object-lock" in query, self.locking),
            (method == "GET" and query.get("list-type") == "2", self.names),
            (method == "GET" and "versions" in query, self.versions),
            (method == "POST" and "delete" in query, self.delete_many),
            (method == "POST" and "uploads" in query, self.begin),
            (method == "POST" and "uploadId" in query, self.complete),
            (method == "PUT" and "uploadId" in query, self.part),
            (method == "DELETE" and "uploadId" in query, self.abort),
            (method == "PUT" and not query, self.put),
            (method in {"GET", "HEAD"} and bool(self.request.key) and set(query) <= {"versionId"}, self.get),
            (method == "DELETE" and bool(self.request.key) and set(query) <= {"versionId"}, self.delete),
        ]
        for is_meant, act in acts:
            if is_meant:
                return act()
        raise Refusal(501, "NotImplemented", f"{method} {self.request.key} {query}")

    def put(self) -> Answer:
        """PutObject."""
        asked = self._asked()
        made = self.bucket.put(self.request.key, self.body, asked)
        return 200, {"ETag": made.etag, "x-amz-version-id": made.number}, b""

    def get(self) -> Answer:
        """GetObject and HeadObject."""
        found = self.bucket.get(self.request.key, self.request.query.get("versionId"))
        data = found.data or b""
        headers = {"ETag": found.etag, "x-amz-version-id": found.number}
        if self.headers.get("if-match", found.etag) != found.etag:
            raise Refusal(412, "PreconditionFailed")
        if "range" in self.headers:
            match = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["range"])
            if match is None or int(match[1]) >= len(data):
                raise Refusal(416, "InvalidRange")
            return 206, headers, data[int(match[1]) : int(match[2]) + 1]
        if self.headers.get("x-amz-checksum-mode") == "ENABLED" and found.checksum:
            headers["x-amz-checksum-sha256"] = found.checksum
        if self.request.method == "HEAD":
            headers["Content-Length"] = str(len(data))
        return 200, headers, data

    def delete(self) -> Answer:
        """DeleteObject."""
        self.bucket.delete(self.request.key, self.request.query.get("versionId"))
        return 204, {}, b""

    def delete_many(self) -> Answer:
        """DeleteObjects: each key has its own verdict."""
        self._check_body()
        errors = []
        for item in _parsed(self.body).iter(f"{{{XMLNS}}}Object"):
            key, number = item.findtext(f"{{{XMLNS}}}Key") or "", item.findtext(f"{{{XMLNS}}}VersionId")
            try:
                self.bucket.delete(key, number)
            except Refusal as error:
                parts = _tags({"Key": key, "Code": error.code, "Message": error.message})
                errors.append(f"<Error>{parts}</Error>")
        return _xml("DeleteResult", "".join(errors))

    def names(self) -> Answer:
        """ListObjectsV2: a page of it."""
        found = self.bucket.names(self.request.query.get("prefix", ""))
        after = self.request.query.get("continuation-token")
        left = [key for key in found if after is None or key.encode() > bytes.fromhex(after)]
        page = left[:PAGE]
        parts = [_tags({"IsTruncated": str(len(left) > PAGE).lower()})]
        if len(left) > PAGE:
            parts.append(_tags({"NextContinuationToken": page[-1].encode().hex()}))
        return _xml(
            "ListBucketResult", "".join([*parts, *(f"<Contents>{_tags({'Key': key})}</Contents>" for key in page)])
        )

    def versions(self) -> Answer:
        """ListObjectVersions: a page of it."""
        found = self.bucket.versions(self.request.query.get("prefix", ""))
        key, number = self.request.query.get("key-marker"), self.request.query.get("version-id-marker")
        start = 0
        if key:
            start = 1 + next(n for n, (name, one) in enumerate(found) if name == key and one.number == number)
        page = found[start : start + PAGE]
        is_more = len(found) > start + PAGE
        parts = [_tags({"IsTruncated": str(is_more).lower()})]
        if is_more:
            parts.append(_tags({"NextKeyMarker": page[-1][0], "NextVersionIdMarker": page[-1][1].number}))
        return _xml("ListVersionsResult", "".join([*parts, *(_version(name, one) for name, one in page)]))

    def versioning(self) -> Answer:
        """GetBucketVersioning."""
        return _xml("VersioningConfiguration", _tags({"Status": "Enabled"}) if self.bucket.is_versioned else "")

    def locking(self) -> Answer:
        """GetObjectLockConfiguration."""
        if not self.bucket.has_lock:
            raise Refusal(404, "ObjectLockConfigurationNotFoundError")
        rule = ""
        if self.bucket.default_days is not None:
            days = _tags({"Mode": "COMPLIANCE", "Days": str(self.bucket.default_days)})
            rule = f"<Rule><DefaultRetention>{days}</DefaultRetention></Rule>"
        return _xml("ObjectLockConfiguration", _tags({"ObjectLockEnabled": "Enabled"}) + rule)

    def begin(self) -> Answer:
        """CreateMultipartUpload."""
        number = self.bucket.begin(self.request.key, self._until())
        return _xml("InitiateMultipartUploadResult", _tags({"UploadId": number}))

    def part(self) -> Answer:
        """UploadPart."""
        self._check_body()
        upload = self.bucket.upload(self.request.query["uploadId"])
        upload.parts[int(self.request.query["partNumber"])] = self.body
        made = Bucket("part").put("part", self.body, Put())
        return 200, {"ETag": made.etag}, b""

    def complete(self) -> Answer:
        """CompleteMultipartUpload."""
        parts = [
            (
                int(part.findtext(f"{{{XMLNS}}}PartNumber") or 0),
                part.findtext(f"{{{XMLNS}}}ETag") or "",
                part.findtext(f"{{{XMLNS}}}ChecksumSHA256") or "",
            )
            for part in _parsed(self.body).iter(f"{{{XMLNS}}}Part")
        ]
        asked = Put(if_none_match=self.headers.get("if-none-match"))
        made = self.bucket.complete(self.request.query["uploadId"], parts, asked)
        return _xml("CompleteMultipartUploadResult", _tags({"ETag": made.etag}))

    def abort(self) -> Answer:
        """AbortMultipartUpload."""
        self.bucket.upload(self.request.query["uploadId"])
        del self.bucket.uploads[self.request.query["uploadId"]]
        return 204, {}, b""

    def _asked(self) -> Put:
        self._check_body()
        if self.headers.get("if-none-match", "*") != "*":
            raise Refusal(501, "NotImplemented", "If-None-Match takes *")
        return Put(
            if_match=self.headers.get("if-match"),
            if_none_match=self.headers.get("if-none-match"),
            checksum=self.headers["x-amz-checksum-sha256"],
            until=self._until(),
        )

    def _until(self) -> datetime | None:
        mode, until = (self.headers.get(f"x-amz-object-lock-{part}") for part in ("mode", "retain-until-date"))
        if (mode is None) != (until is None) or mode not in {None, "COMPLIANCE"}:
            raise Refusal(400, "InvalidArgument", "expected COMPLIANCE with a date")
        return None if until is None else datetime.fromisoformat(until)

    def _check_body(self) -> None:
        if self.headers.get("x-amz-checksum-sha256") != digest(self.body):
            raise Refusal(400, "BadDigest" if "x-amz-checksum-sha256" in self.headers else "InvalidRequest")


@contextmanager
def running(secrets: dict[str, str], *buckets: Bucket) -> Iterator[Server]:
    """A server with buckets, on a free port of this machine, until the block ends."""
    state = Server(secrets, {bucket.name: bucket for bucket in buckets})
    handler = type("OneHandler", (Handler,), {"state": state})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        http.daemon_threads = True
        state.endpoint = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield state
        finally:
            state.over.set()
            http.shutdown()
            thread.join()


def _parsed(body: bytes) -> ET.Element:
    return ET.fromstring(body.decode())  # noqa: S314 - from our own client


def _tags(values: dict[str, str]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())


def _xml(name: str, inner: str) -> Answer:
    return 200, {"Content-Type": "application/xml"}, f'<{name} xmlns="{XMLNS}">{inner}</{name}>'.encode()


def _version(name: str, one: Version) -> str:
    kind = "DeleteMarker" if one.data is None else "Version"
    return f"<{kind}>{_tags({'Key': name, 'VersionId': one.number})}</{kind}>"


def _error(refusal: Refusal) -> Answer:
    inner = _tags({"Code": refusal.code, "Message": refusal.message})
    return refusal.status, {"Content-Type": "application/xml"}, f"<Error>{inner}</Error>".encode()
