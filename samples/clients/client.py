"""Verify, seal and prove with nothing but Python's standard library (3.9 or later).

    SEALSVC_URL=http://127.0.0.1:8000 python client.py verify  FILE
    SEALSVC_KEY=cli_….sk_…            python client.py seal    FILE SEAL_ID OUT
                                      python client.py receipt SEALED_FILE OUT

Exit status: 0 good, 1 the document is not to be relied on, 2 the service did not answer so.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

URL = os.environ.get("SEALSVC_URL", "http://127.0.0.1:8000").rstrip("/")
PDF = "application/pdf"


def call(
    method: str, path: str, body: "bytes | None" = None, **headers: str
) -> "tuple[int, bytes]":
    """Status and body of an answer; a problem document ends the program."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request(URL + path, data=body, headers=named, method=method)  # noqa: S310
    try:
        with urlopen(request, timeout=60) as answer:  # noqa: S310
            return answer.status, answer.read()
    except HTTPError as error:
        problem = json.loads(error.read())
        sys.exit(fail(f"{problem['code']}: {problem['detail']} ({problem['requestId']})"))
    except URLError as error:
        sys.exit(fail(str(error.reason)))


def fail(message: str) -> int:
    """Say what went wrong; the exit status."""
    print(message, file=sys.stderr)
    return 2


def verify(file: str) -> int:
    """Print the verdict and the sentence for a person."""
    _, body = call("POST", "/v1/verifications", Path(file).read_bytes(), Content_Type=PDF)
    report = json.loads(body)
    print(report["summary"], report["sentence"])
    return 0 if report["summary"] == "TRUSTED" else 1


def seal(file: str, seal_id: str, out: str) -> int:
    """Seal a PDF at the first free place of its last page; needs the key of the seal's owner."""
    data = Path(file).read_bytes()
    _, sealed = call(
        "POST",
        f"/v1/sealings?seal={quote(seal_id)}",
        data,
        Authorization=f"Bearer {os.environ['SEALSVC_KEY']}",
        # Makes a repetition after a lost answer harmless: the same file is answered again.
        Idempotency_Key=f'"{hashlib.sha256(data).hexdigest()}-{seal_id}"',
        Content_Type=PDF,
        Accept=PDF,
    )
    Path(out).write_bytes(sealed)
    print(out)
    return 0


def receipt(file: str, out: str) -> int:
    """Fetch the receipt of the last sealing; who holds the file needs no key."""
    digest = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    _, body = call("GET", f"/v1/trace?digest={digest}")
    events = json.loads(body)["data"]
    facts = [event["factId"] for event in events if event["type"] == "sealing.completed"]
    if not facts:
        return fail("the log knows nothing of this file")
    for _attempt in range(10):
        status, proof = call("GET", f"/v1/receipts/{facts[-1]}?digest={digest}")
        if status == 200:
            Path(out).write_bytes(proof)
            print(out)
            return 0
        time.sleep(1)  # 202: committed, but not in the log yet
    return fail("no receipt yet, try again")


def main(arguments: "list[str]") -> int:
    """Run a command."""
    commands: dict[tuple[str, int], Callable[..., int]] = {
        ("verify", 1): verify,
        ("seal", 3): seal,
        ("receipt", 2): receipt,
    }
    command = commands.get((arguments[0], len(arguments) - 1)) if arguments else None
    if command is None:
        return fail(__doc__ or "")
    return command(*arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
