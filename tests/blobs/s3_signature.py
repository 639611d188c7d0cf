"""Check the signature of a request as S3 does (SigV4), written from the public specification for the tests' server."""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlsplit

UNSIGNED = "UNSIGNED-PAYLOAD"


class BadSignature(Exception):
    """The request is not signed as it should be."""


def check(method: str, target: str, headers: Mapping[str, str], body: bytes, *, secrets: Mapping[str, str]) -> str:
    """The access key that signed a request. Raises BadSignature."""
    sent = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    scheme, _, rest = sent.get("authorization", "").partition(" ")
    if scheme != "AWS4-HMAC-SHA256":
        raise BadSignature(f"expected AWS4-HMAC-SHA256, found {scheme!r}")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    access, day, region, service, end = parts["Credential"].split("/")
    signed = parts["SignedHeaders"].split(";")
    must = {name for name in sent if name.startswith("x-amz-")} | {"host"}
    if not must <= set(signed) or signed != sorted(signed):
        raise BadSignature(f"expected all of {sorted(must)} signed, found {signed}")
    if (service, end) != ("s3", "aws4_request") or not sent["x-amz-date"].startswith(day) or access not in secrets:
        raise BadSignature(f"expected a credential of S3, found {parts['Credential']}")
    payload = sent["x-amz-content-sha256"]
    if payload not in {UNSIGNED, hashlib.sha256(body).hexdigest()}:
        raise BadSignature("expected the digest of the body, found another")
    url = urlsplit(target)
    query = sorted((_quoted(key), _quoted(value)) for key, value in parse_qsl(url.query, keep_blank_values=True))
    canonical = "\n".join(
        [
            method,
            url.path,
            "&".join(f"{key}={value}" for key, value in query),
            *(f"{name}:{sent.get(name, '')}" for name in signed),
            "",
            ";".join(signed),
            payload,
        ]
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join([scheme, sent["x-amz-date"], f"{day}/{region}/s3/aws4_request", digest])
    key = f"AWS4{secrets[access]}".encode()
    for part in (day, region, "s3", "aws4_request", text):
        key = hmac.digest(key, part.encode(), "sha256")
    if not hmac.compare_digest(key.hex(), parts["Signature"]):
        raise BadSignature(f"expected {key.hex()}, found {parts['Signature']}")
    return access


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")
