"""Receipts: tlog-proof text with our opening in `extra`, and their verification without network.

Source: C2SP tlog-proof; CONTRACT section 4; transparency-log section 8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from sealsvc.tlog import TlogError
from sealsvc.tlog.checkpoint import Checkpoint, CheckpointInvalid, parse_checkpoint
from sealsvc.tlog.encoding import b64, parse_decimal, unb64, unb64_hash
from sealsvc.tlog.keys import VerifierKey
from sealsvc.tlog.leaf import (
    CommitmentMismatch,
    Leaf,
    LeafMalformed,
    LeafTooLarge,
    LeafView,
    canonical,
    open_commitment,
    parse_canonical,
    parse_leaf,
)
from sealsvc.tlog.note import NoteInvalid, OpenedNote, open_note, parse_note
from sealsvc.tlog.policy import Policy, QuorumNotMet
from sealsvc.tlog.tree import ProofInvalid, hash_leaf, verify_inclusion
from sealsvc.values import JsonObject

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_LINE_BYTES: Final = 64 * 1024
MAX_HASHES: Final = 63
MAX_PROOF_BYTES: Final = 1_000_000


class TlogProofMalformed(TlogError):
    """Bytes are not a tlog-proof, or values were given that no tlog-proof can hold."""

    code = "TLOG_PROOF_MALFORMED"


class ReceiptFault(StrEnum):
    """Why a receipt does not hold; the `reason` of ReceiptInvalid."""

    MALFORMED = "MALFORMED"
    UNKNOWN_LOG = "UNKNOWN_LOG"
    BAD_SIGNATURE = "BAD_SIGNATURE"
    LOG_SIGNATURE_MISSING = "LOG_SIGNATURE_MISSING"
    WITNESSES_MISSING = "WITNESSES_MISSING"
    NO_OPENING = "NO_OPENING"
    NOT_INCLUDED = "NOT_INCLUDED"
    COMMITMENT_MISMATCH = "COMMITMENT_MISMATCH"
    OTHER_DOCUMENT = "OTHER_DOCUMENT"


class ReceiptInvalid(TlogError):
    """A receipt does not prove its fact under the policy. field `reason`: a ReceiptFault."""

    code = "RECEIPT_INVALID"


class ReceiptStage(StrEnum):
    """How far a receipt has come (CONTRACT section 4)."""

    PROVISIONAL = "provisional"
    WITNESSED = "witnessed"


@dataclass(frozen=True)
class TlogProof:
    """A tlog-proof taken apart, nothing verified.

    path: 32-byte hashes, leaf's sibling first. checkpoint: the signed note, verbatim.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


@dataclass(frozen=True)
class ClosedLeaf:
    """A leaf whose payload the holder of the receipt may not see, or that was erased.

    entry: the exact bytes, which stand in the log's tiles for everyone.
    """

    entry: bytes


@dataclass(frozen=True)
class VerifiedReceipt:
    """What a receipt proves.

    opened: whether it carries the payload; a closed one proves that the entry stands in the log,
    nothing about what the entry commits to, and `payload` is empty. stage: witnessed when the
    policy's quorum was demanded and met. witnesses: names in the policy of those whose
    cosignature verified. witnessed_at: the latest time that one of them put on the checkpoint,
    None without any.
    """

    stage: ReceiptStage
    origin: str
    index: int
    tree_size: int
    leaf: LeafView
    payload: JsonObject
    opened: bool
    witnesses: tuple[str, ...]
    witnessed_at: datetime | None


def write_tlog_proof(proof: TlogProof) -> bytes:
    """The text of a tlog-proof.

    Raises: TlogProofMalformed when it would not read back. Source: C2SP tlog-proof, "Format".
    """
    lines = [HEADER]
    if proof.extra is not None:
        lines.append(f"extra {b64(proof.extra)}")
    lines.append(f"index {proof.index}")
    lines += [b64(one) for one in proof.path]
    text = ("\n".join(lines) + "\n\n").encode("ascii") + proof.checkpoint
    if parse_tlog_proof(text) != proof:
        raise TlogProofMalformed(reason="would not read back")
    return text


def parse_tlog_proof(text: bytes) -> TlogProof:
    """Take a tlog-proof apart; the checkpoint is not looked into.

    Strict: canonical base64 and decimals. Raises: TlogProofMalformed.
    Source: C2SP tlog-proof, "Format"; transparency-log section 8.
    """
    head, blank, checkpoint = text.partition(b"\n\n")
    if len(text) > MAX_PROOF_BYTES or not blank or not checkpoint:
        raise TlogProofMalformed(reason="no checkpoint, or over 1 MB")
    if any(len(line) >= MAX_LINE_BYTES for line in text.split(b"\n")):
        raise TlogProofMalformed(reason="line over 64 KiB")
    try:
        lines = head.decode("ascii").split("\n")
        if lines.pop(0) != HEADER:
            raise TlogProofMalformed(reason="header")
        extra = _member(lines, "extra ")
        index = _member(lines, "index ")
        if index is None or len(lines) > MAX_HASHES:
            raise TlogProofMalformed(reason="no index line, or too many hashes")
        return TlogProof(
            index=parse_decimal(index),
            path=tuple(unb64_hash(line) for line in lines),
            checkpoint=checkpoint,
            extra=None if extra is None else unb64(extra),
        )
    except ValueError as error:
        raise TlogProofMalformed(reason=str(error)) from error


def write_receipt(
    leaf: Leaf | ClosedLeaf, index: int, path: Sequence[bytes], checkpoint: bytes
) -> bytes:
    """Our receipt: a tlog-proof whose `extra` is base64 of JSON {entry, payload, salt}.

    Payload and salt are left out together for a closed leaf.
    checkpoint: the signed note of a tree that covers `index`; nothing is verified here.
    Raises: TlogProofMalformed. Source: CONTRACT section 4.
    """
    members: JsonObject = {"entry": b64(leaf.entry)}
    if isinstance(leaf, Leaf):
        members |= {"payload": b64(leaf.payload), "salt": b64(leaf.salt)}
    return write_tlog_proof(TlogProof(index, tuple(path), checkpoint, canonical(members)))


def parse_opening(extra: bytes) -> Leaf | ClosedLeaf:
    """Entry, payload and salt out of a receipt's `extra`; says nothing about their truth.

    Raises: TlogProofMalformed. Source: CONTRACT section 4.
    """
    try:
        members = {name: unb64(str(value)) for name, value in parse_canonical(extra).items()}
    except (LeafMalformed, ValueError) as error:
        raise TlogProofMalformed(reason="extra") from error
    if members.keys() == {"entry"}:
        return ClosedLeaf(**members)
    if members.keys() != {"entry", "payload", "salt"}:
        raise TlogProofMalformed(reason="members of extra")
    return Leaf(**members)


def verify_receipt(
    text: bytes, policy: Policy, *, document_sha256: str | None = None
) -> VerifiedReceipt:
    """Verify a receipt with nothing but a policy: log, witnesses, inclusion, commitment.

    document_sha256: lower-case hex; when given, the receipt must be opened and the payload's
    member `digest` must equal it.
    Raises: ReceiptInvalid. Source: CONTRACT section 4; transparency-log section 8.
    """
    try:
        proof = parse_tlog_proof(text)
        checkpoint = parse_checkpoint(parse_note(proof.checkpoint).text)
    except (TlogProofMalformed, NoteInvalid, CheckpointInvalid) as error:
        raise ReceiptInvalid(reason=ReceiptFault.MALFORMED) from error
    cosignatures = _check_signatures(proof.checkpoint, checkpoint, policy)
    leaf, payload = _check_content(proof, checkpoint)
    if document_sha256 is not None:
        _check_document(payload, document_sha256)
    demanded = policy.quorum is not None
    return VerifiedReceipt(
        stage=ReceiptStage.WITNESSED if demanded else ReceiptStage.PROVISIONAL,
        origin=checkpoint.origin,
        index=proof.index,
        tree_size=checkpoint.size,
        leaf=leaf,
        payload={} if payload is None else payload,
        opened=payload is not None,
        witnesses=tuple(cosignatures),
        witnessed_at=_instant(max(cosignatures.values(), default=0)),
    )


def _member(lines: list[str], prefix: str) -> str | None:
    """The rest of the first line when it starts with the prefix, taken off the list."""
    if lines and lines[0].startswith(prefix):
        return lines.pop(0)[len(prefix) :]
    return None


def _check_signatures(note: bytes, checkpoint: Checkpoint, policy: Policy) -> dict[str, int]:
    """Log signature and quorum; result: witness name -> POSIX seconds of its cosignature."""
    log_keys = policy.log_keys(checkpoint.origin)
    if not log_keys:
        raise ReceiptInvalid(reason=ReceiptFault.UNKNOWN_LOG, origin=checkpoint.origin)
    opened = _open(note, [*log_keys, *(one.key for one in policy.witnesses)])
    times = {one.key: one.at_s for one in opened.verified}
    if not any(key in times for key in log_keys):
        raise ReceiptInvalid(reason=ReceiptFault.LOG_SIGNATURE_MISSING)
    try:
        policy.require_quorum(times.keys())
    except QuorumNotMet as error:
        raise ReceiptInvalid(reason=ReceiptFault.WITNESSES_MISSING) from error
    return {one.name: times[one.key] or 0 for one in policy.witnesses if one.key in times}


def _open(note: bytes, keys: list[VerifierKey]) -> OpenedNote:
    try:
        return open_note(note, keys)
    except NoteInvalid as error:
        known = error.fields["reason"] == "signature"
        fault = ReceiptFault.BAD_SIGNATURE if known else ReceiptFault.LOG_SIGNATURE_MISSING
        raise ReceiptInvalid(reason=fault) from error


def _check_content(proof: TlogProof, checkpoint: Checkpoint) -> tuple[LeafView, JsonObject | None]:
    """Inclusion of the entry that `extra` carries, and the opening of its commitment, if any."""
    if proof.extra is None:
        raise ReceiptInvalid(reason=ReceiptFault.NO_OPENING)
    try:
        opening = parse_opening(proof.extra)
        entry_hash = hash_leaf(opening.entry)
        verify_inclusion(proof.index, checkpoint.size, entry_hash, proof.path, checkpoint.root)
        leaf = parse_leaf(opening.entry)
        if isinstance(opening, ClosedLeaf):
            return leaf, None
        return leaf, open_commitment(leaf, opening.payload, opening.salt, checkpoint.origin)
    except ProofInvalid as error:
        raise ReceiptInvalid(reason=ReceiptFault.NOT_INCLUDED) from error
    except CommitmentMismatch as error:
        raise ReceiptInvalid(reason=ReceiptFault.COMMITMENT_MISMATCH) from error
    except (TlogProofMalformed, LeafMalformed, LeafTooLarge) as error:
        raise ReceiptInvalid(reason=ReceiptFault.MALFORMED) from error


def _check_document(payload: JsonObject | None, document_sha256: str) -> None:
    if payload is None:
        raise ReceiptInvalid(reason=ReceiptFault.NO_OPENING)
    if payload.get("digest") != document_sha256:
        raise ReceiptInvalid(reason=ReceiptFault.OTHER_DOCUMENT)


def _instant(posix_s: int) -> datetime | None:
    """0 stands for "no claim" and gives None, as does a time beyond the calendar."""
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=posix_s) if posix_s else None
    except OverflowError:
        return None
