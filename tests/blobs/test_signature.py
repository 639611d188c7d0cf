"""The tests' own check of signatures, held against the examples that AWS publishes in its S3 reference."""

import pytest
from blobs import s3_signature

ACCESS = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
HOST = "examplebucket.s3.amazonaws.com"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
WELCOME = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
EXAMPLES = [
    (
        "GET",
        "/test.txt",
        {"range": "bytes=0-9"},
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
    (
        "PUT",
        "/test%24file.text",
        {"date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ),
    ("GET", "/?lifecycle", {}, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    ("GET", "/?max-keys=2&prefix=J", {}, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
]


def check(method: str, target: str, extra: dict[str, str], signature: str) -> str:
    body = b"Welcome to Amazon S3." if method == "PUT" else b""
    headers = {
        "host": HOST,
        "x-amz-date": "20130524T000000Z",
        "x-amz-content-sha256": WELCOME if body else EMPTY,
        **extra,
    }
    signed = ";".join(sorted(headers))
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={ACCESS}/20130524/us-east-1/s3/aws4_request,"
        f"SignedHeaders={signed},Signature={signature}"
    )
    return s3_signature.check(method, target, headers, body, secrets={ACCESS: SECRET})


@pytest.mark.parametrize(("method", "target", "extra", "signature"), EXAMPLES)
def test_a_published_example_is_good(method: str, target: str, extra: dict[str, str], signature: str) -> None:
    assert check(method, target, extra, signature) == ACCESS


@pytest.mark.parametrize(("method", "target", "extra", "signature"), EXAMPLES)
def test_an_altered_example_is_not(method: str, target: str, extra: dict[str, str], signature: str) -> None:
    with pytest.raises(s3_signature.BadSignature):
        check(method, target.replace("t", "T").replace("l", "L").replace("=2", "=3"), extra, signature)
    with pytest.raises(s3_signature.BadSignature):
        check("DELETE", target, extra, signature)
