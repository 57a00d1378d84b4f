"""Computes the vectors beside this file with botocore, after it was checked against the signatures that AWS publishes."""

import datetime
import hashlib
import json
import pathlib
import urllib.parse

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

HERE = pathlib.Path(__file__).parent
EMPTY = hashlib.sha256(b"").hexdigest()
PUBLISHED_KEY = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
SESSION_TOKEN = "FwoGZXIvYXdzEBYaDExample/Token+with=signs=="


def sign(method, url, headers, body, at, region, service, key, token=None, expires=None):
    """The stages of one signature. `headers` are those that are signed, without host and date."""
    # botocore asks for the time itself.
    botocore.auth.get_current_datetime = lambda *_: datetime.datetime.strptime(at, "%Y%m%dT%H%M%SZ")
    credentials = Credentials(key[0], key[1], token)
    # What goes over the wire may have characters that the canonical form encodes, `=` among them: botocore signs what it is given.
    parts = urllib.parse.urlsplit(url)
    path = urllib.parse.quote(urllib.parse.unquote(parts.path), safe="/-_.~")
    request = AWSRequest(method=method, url=parts._replace(path=path).geturl(), headers=dict(headers), data=body.encode())
    if expires is not None:
        auth = botocore.auth.S3SigV4QueryAuth(credentials, service, region, expires=expires)
    elif service == "s3":
        auth = botocore.auth.S3SigV4Auth(credentials, service, region)
        # Over http or https: the real hash.
        request.context["payload_signing_enabled"] = True
    else:
        auth = botocore.auth.SigV4Auth(credentials, service, region)
    # It would put the time into Date where that is given; the published example has both.
    auth._set_necessary_date_headers = lambda r: r.headers.__setitem__("X-Amz-Date", at)
    seen = {}
    canonical, to_sign = auth.canonical_request, auth.string_to_sign
    auth.canonical_request = lambda r: seen.setdefault("canonical_request", canonical(r))
    auth.string_to_sign = lambda r, c: seen.setdefault("string_to_sign", to_sign(r, c))
    auth.add_auth(request)
    vector = {
        "at": at,
        "region": region,
        "service": service,
        "credentials": {"accessKeyId": key[0], "secretAccessKey": key[1], **({"sessionToken": token} if token else {})},
        "request": {"method": method, "url": url, "headers": dict(headers), "body": body},
        **seen,
    }
    if expires is None:
        vector["authorization"] = request.headers["Authorization"]
    else:
        vector["expires"] = expires
        vector["signed_url"] = request.url
    return vector


def signature_of(vector):
    if "authorization" in vector:
        return vector["authorization"].rsplit("Signature=", 1)[1]
    return urllib.parse.parse_qs(urllib.parse.urlsplit(vector["signed_url"]).query)["X-Amz-Signature"][0]


def published(method, path, headers, body, expires=None):
    url = "https://examplebucket.s3.amazonaws.com" + path
    return sign(method, url, headers, body, "20130524T000000Z", "us-east-1", "s3", PUBLISHED_KEY, expires=expires)


def check_published():
    welcome = "Welcome to Amazon S3."
    cases = [
        (published("GET", "/test.txt", {"Range": "bytes=0-9", "x-amz-content-sha256": EMPTY}, ""),
         "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        (published("PUT", "/test%24file.text", {
            "Date": "Fri, 24 May 2013 00:00:00 GMT",
            "x-amz-content-sha256": hashlib.sha256(welcome.encode()).hexdigest(),
            "x-amz-storage-class": "REDUCED_REDUNDANCY"}, welcome),
         "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
        (published("GET", "/?lifecycle=", {"x-amz-content-sha256": EMPTY}, ""),
         "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        (published("GET", "/?max-keys=2&prefix=J", {"x-amz-content-sha256": EMPTY}, ""),
         "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
        (published("GET", "/test.txt", {}, "", expires=86400),
         "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"),
    ]
    for vector, signature in cases:
        assert signature_of(vector) == signature, (vector["request"], signature_of(vector), signature)
    return cases[-1][0]


def put(headers, token=None):
    body = '{"eventId":"e-1"}\n'
    hashed = {"x-amz-content-sha256": hashlib.sha256(body.encode()).hexdigest(), "if-none-match": "*", **headers}
    url = "https://s3.eu-central-1.amazonaws.com/customer-exports/exports/dt=2026-03-01/4c959f87-events.json.gz"
    return sign("PUT", url, hashed, body, "20260301T120000Z", "eu-central-1", "s3", PUBLISHED_KEY, token)


def get_presigned():
    url = "https://storage.example/spillway-exports/spaces/s-1/exports/e-1/0/e-1.json.gz"
    return sign("GET", url, {}, "", "20260301T120000Z", "auto", "s3", PUBLISHED_KEY, expires=900)


def assume_role():
    policy = {
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"],
            "Resource": "arn:aws:s3:::customer-exports/exports/dt=2026-03-01/*",
        }],
    }
    parameters = {
        "Action": "AssumeRole",
        "Version": "2011-06-15",
        "RoleArn": "arn:aws:iam::111122223333:role/exports/spillway+writer",
        "RoleSessionName": "4c959f87-0b1c-4c8e-9b5f-2d1f3a4b5c6d",
        "ExternalId": "spillway-9c7efb43-d998-46b9-97c3-664d2de8a174",
        "DurationSeconds": "3600",
        "Policy": json.dumps(policy, separators=(",", ":")),
    }
    # As a form is encoded, with %20 for a space.
    body = urllib.parse.urlencode(parameters, safe="*-._", quote_via=urllib.parse.quote).replace("~", "%7E")
    url = "https://sts.eu-central-1.amazonaws.com/"
    vector = sign("POST", url, {}, body, "20260301T120000Z", "eu-central-1", "sts", PUBLISHED_KEY)
    return {**vector, "parameters": parameters}


def write(name, vector):
    (HERE / f"{name}.json").write_text(json.dumps(vector, indent=2) + "\n")


if __name__ == "__main__":
    write("published-presigned", check_published())
    write("put", put({}))
    write("put-session-kms", put({
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "x-amz-storage-class": "STANDARD_IA",
    }, SESSION_TOKEN))
    write("assume-role", assume_role())
    write("get-presigned", get_presigned())
