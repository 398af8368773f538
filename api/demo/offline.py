"""Other processes: a receipt checked where there is no network, and the operator's commands."""

import subprocess
import sys
from pathlib import Path

from api.demo.service import Unexpected

_PATIENCE_S = 120

# The class stands in for the real one, so that modules deriving from it still import; nobody can
# make an object of it.
_PROGRAM = """
import hashlib, socket, sys
from pathlib import Path

class Refused(socket.socket):
    def __init__(self, *args, **kwargs):
        raise OSError("this process has no network")

socket.socket = Refused
from sealsvc.tlog.policy import policy_of_key
from sealsvc.tlog.proof import verify_receipt

receipt, key, document = sys.argv[1:]
digest = hashlib.sha256(Path(document).read_bytes()).hexdigest()
try:
    socket.socket()
except OSError:
    found = verify_receipt(Path(receipt).read_bytes(), policy_of_key(key), document_sha256=digest)
    print(f"{found.leaf.type} #{found.index} / {found.tree_size}, {found.origin}")
else:
    sys.exit("the network was not cut off")
"""


def verify_offline(receipt: Path, log_key: str, document: Path) -> str:
    """What the receipt proves of the document, in one line: fact, index, tree size, log.

    log_key: the log's verifier key. Raises: Unexpected when it does not verify.
    """
    arguments = ["-c", _PROGRAM, str(receipt), log_key, str(document)]
    return _run_python(arguments, "receipt does not verify offline").strip()


def run_tool(*arguments: str) -> str:
    """What a command of `sealsvc` prints. Raises: Unexpected when it fails."""
    return _run_python(["-m", "api.cli", *arguments], f"sealsvc {' '.join(arguments)}")


def _run_python(arguments: list[str], what: str) -> str:
    done = subprocess.run(  # noqa: S603  # our own interpreter, arguments as a list
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    if done.returncode != 0:
        raise Unexpected(f"{what}: {(done.stderr or done.stdout).strip()[-400:]}")
    return done.stdout
