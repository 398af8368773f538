"""Receipts: when they exist, and that they verify where there is no network at all."""

import subprocess
import sys
from pathlib import Path

import pytest

from sealsvc.areas.deps import Deps
from sealsvc.areas.transparency import service
from sealsvc.areas.transparency.model import Pending, Receipt
from sealsvc.storage.logbook import Logbook, LogMissing
from sealsvc.storage.tiledata import TileNotFound
from sealsvc.tlog.policy import policy_of_key
from sealsvc.tlog.proof import ReceiptInvalid, verify_receipt
from sealsvc.tlog.tiles import decode_bundle
from sealsvc.values import DocumentRole
from tests.areas.transparency.support import (
    OWNER,
    OWNER_USCC,
    record,
    seal_activated,
    seal_document,
)

OFFLINE = """
import socket, sys
def refuse(*args, **kwargs):
    raise AssertionError("the network was asked")
socket.socket = socket.create_connection = socket.getaddrinfo = refuse
from sealsvc.tlog.policy import policy_of_key
from sealsvc.tlog.proof import verify_receipt
text = open(sys.argv[1], "rb").read()
found = verify_receipt(text, policy_of_key(sys.argv[2]), document_sha256=sys.argv[3] or None)
print(found.leaf.type, found.opened, found.index, found.tree_size)
"""


def take(deps: Deps, logbook: Logbook, fact_id: str, digest: str | None = None) -> Receipt:
    found = service.receipt(deps, logbook, fact_id, None, digest=digest)
    assert isinstance(found, Receipt)
    return found


def offline(path: Path, vkey: str, digest: str = "") -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parents[3]
    return subprocess.run(
        [sys.executable, "-c", OFFLINE, str(path), vkey, digest],
        cwd=root, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_pending_until_sequenced(deps: Deps, logbook: Logbook) -> None:
    doc = seal_document(deps, "one")
    found = service.receipt(deps, logbook, doc.completed, OWNER)
    assert found == Pending(doc.completed)
    logbook.sequence()
    receipt = take(deps, logbook, doc.completed)
    assert (receipt.index, receipt.tree_size) == (2, 3)


def test_receipts_verify_offline(deps: Deps, logbook: Logbook, tmp_path: Path) -> None:
    doc = seal_document(deps, "one")
    record(deps, *(seal_activated() for _ in range(9)))
    logbook.sequence()
    vkey = service.key(logbook)
    opened, closed = tmp_path / "a.tlog-proof", tmp_path / "b.tlog-proof"
    opened.write_bytes(take(deps, logbook, doc.completed, doc.sealed).text)
    closed.write_bytes(take(deps, logbook, doc.completed).text)
    good = offline(opened, vkey, doc.sealed)
    assert good.stdout.split() == ["sealing.completed", "True", "2", "12"], good.stderr
    assert offline(closed, vkey).stdout.split()[:2] == ["sealing.completed", "False"]
    assert "ReceiptInvalid" in offline(closed, vkey, doc.sealed).stderr
    assert "ReceiptInvalid" in offline(opened, vkey, doc.original).stderr


def test_every_index_and_size(deps: Deps, logbook: Logbook) -> None:
    policy = policy_of_key(service.key(logbook))
    ids: list[str] = []
    for batch in (1, 2, 255, 1, 30):
        ids += record(deps, *(seal_activated() for _ in range(batch)))
        logbook.sequence()
        for index in {1, len(ids) // 2, len(ids)} - {0}:
            receipt = take(deps, logbook, ids[index - 1])
            found = verify_receipt(receipt.text, policy)
            assert (found.index, found.tree_size) == (index, len(ids) + 1)
            assert found.leaf.id == ids[index - 1]


def test_a_receipt_under_another_key_proves_nothing(deps: Deps, logbook: Logbook) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from sealsvc.tlog.keys import KeyType, VerifierKey

    (fact_id,) = record(deps, seal_activated())
    logbook.sequence()
    name = service.key(logbook).split("+")[0]
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
    vkey = str(VerifierKey(name, KeyType.ED25519, stranger))
    with pytest.raises(ReceiptInvalid):
        verify_receipt(take(deps, logbook, fact_id).text, policy_of_key(vkey))


def test_proof_for_a_signature(deps: Deps, logbook: Logbook, clock) -> None:
    start = clock.now()
    doc = seal_document(deps, "one")
    clock.forward(minutes=1)
    seal_document(deps, "one")  # recorded again later: the earliest completion counts
    assert service.proof_for_signature(deps, doc.sealed) is None
    assert service.proof_for_signature(deps, "") is None
    waiting, _ = service.proof_for_signature(deps, doc.signature) or (None, None)
    assert waiting is not None
    assert waiting.index is None
    logbook.sequence()
    proof, declaration = service.proof_for_signature(deps, doc.signature) or (None, None)
    assert proof is not None
    assert declaration is not None
    assert (proof.fact_id, proof.at, proof.not_before_at, proof.index) == (
        doc.completed,
        start,
        start,
        2,
    )
    assert (declaration.role, declaration.number) == (DocumentRole.INVOICE, "42")
    assert (declaration.seller_uscc, declaration.party_usccs) == (OWNER_USCC, (OWNER_USCC,))


def test_tiles_as_far_as_the_released_head(deps: Deps, logbook: Logbook) -> None:
    ids = record(deps, *(seal_activated() for _ in range(259)))
    logbook.sequence()
    assert logbook.head().size == len(ids) + 1 == 260
    full = service.tile(deps, logbook, "tile/0/000")
    assert len(full) == 256 * 32
    for width in (1, 100, 255):
        assert service.tile(deps, logbook, f"tile/0/000.p/{width}") == full[: 32 * width]
    assert len(service.tile(deps, logbook, "tile/0/001.p/4")) == 4 * 32
    assert len(service.tile(deps, logbook, "tile/1/000.p/1")) == 32
    assert len(decode_bundle(service.tile(deps, logbook, "tile/entries/001.p/4"), 4)) == 4
    assert len(decode_bundle(service.tile(deps, logbook, "tile/entries/000"), 256)) == 256
    record(deps, seal_activated())  # not sequenced, so not there
    for path in (
        "tile/0/001.p/5",
        "tile/0/001",
        "tile/0/002.p/1",
        "tile/1/000.p/2",
        "tile/1/000",
        "tile/2/000.p/1",
        "tile/entries/001.p/5",
        "tile/entries/001",
        "tile/entries/x001/000",
        "tile/64/000",
        "tile/0/000.p/256",
        "tile/0/000.p/0",
        "tile/00/000",
        "tile/0/0",
        "tile/-1/000",
        "tile/../key",
        "",
        "checkpoint",
        "tile/0/" + "x999/" * 30 + "999",
    ):
        with pytest.raises(TileNotFound):
            service.tile(deps, logbook, path)


def test_without_a_log_there_is_nothing(deps: Deps, store, clock, tmp_path: Path) -> None:
    from sealsvc.adapters.highwater_fs import FileHighWater
    from sealsvc.storage.leadership import leadership_for
    from sealsvc.storage.logbook import HEAD_ID, LogKey
    from sealsvc.storage.tables import LogHeadRow

    with store.write() as tx:
        tx.session.delete(tx.session.get(LogHeadRow, HEAD_ID))
        tx.commit()
    missing = Logbook(
        store,
        key=LogKey("", lambda text: b""),
        clock=clock,
        mark=FileHighWater(tmp_path / "none"),
        leadership=leadership_for(store.engine),
    )
    for ask in (
        lambda: service.checkpoint(missing),
        lambda: service.key(missing),
        lambda: service.tile(deps, missing, "tile/0/000.p/1"),
    ):
        with pytest.raises(LogMissing):
            ask()
