"""What reading a document yields and what sealing one needs: plain, frozen, picklable values.

These cross the border of the sandbox (ARCHITECTURE section 11, steps 3-4), so they hold only
bytes, strings, numbers, tuples and enums.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sealsvc.formats.values import (
    DigestOutcome,
    ESealReading,
    ReadingProblem,
    SignatureOutcome,
)
from sealsvc.values import DocumentRole, Placement

__all__ = [
    "Change",
    "ChangeClass",
    "ChangedKind",
    "ChangedObject",
    "Coverage",
    "DigestOutcome",
    "DocumentReading",
    "ESealReading",
    "PreparedSealing",
    "ReadingProblem",
    "SealPicture",
    "SealingSpec",
    "SignatureOutcome",
    "SignatureReading",
    "StampBox",
    "Straddle",
    "StraddleEdge",
    "TimestampKind",
    "TimestampReading",
]


class Coverage(StrEnum):
    """How much of the file the signature covers.

    FILE: all but its own value, to the last byte. REVISION: all of its own revision, later
    revisions follow. PARTIAL: less than its own revision, or a gap elsewhere than the value.
    """

    FILE = "FILE"
    REVISION = "REVISION"
    PARTIAL = "PARTIAL"
    UNKNOWN = "UNKNOWN"


class ChangeClass(StrEnum):
    """What later revisions did, worst last. FURTHER_SEAL: CONTRACT section 1."""

    NONE = "NONE"
    LONG_TERM_UPDATE = "LONG_TERM_UPDATE"
    FURTHER_SEAL = "FURTHER_SEAL"
    FORM_FILLING = "FORM_FILLING"
    ANNOTATION = "ANNOTATION"
    OTHER = "OTHER"
    UNREADABLE = "UNREADABLE"


class ChangedKind(StrEnum):
    """What a revision did to one thing that a person can find. MORE: others too, not named here."""

    FIELD_ADDED = "FIELD_ADDED"
    FIELD_VALUE_CHANGED = "FIELD_VALUE_CHANGED"
    FIELD_CHANGED = "FIELD_CHANGED"
    FIELD_REMOVED = "FIELD_REMOVED"
    SIGNATURE_ADDED = "SIGNATURE_ADDED"
    SIGNATURE_REMOVED = "SIGNATURE_REMOVED"
    ANNOTATION_ADDED = "ANNOTATION_ADDED"
    ANNOTATION_CHANGED = "ANNOTATION_CHANGED"
    ANNOTATION_REMOVED = "ANNOTATION_REMOVED"
    PAGE_ADDED = "PAGE_ADDED"
    PAGE_CHANGED = "PAGE_CHANGED"
    PAGE_REMOVED = "PAGE_REMOVED"
    PAGES_MOVED = "PAGES_MOVED"
    MORE = "MORE"


@dataclass(frozen=True)
class ChangedObject:
    """One thing that a revision changed. No verdict stands on it.

    page: 1-based, in the newer state (of what was removed in the older), None where it is on none
    or unknown. name: a field's full name, or an annotation's subtype and /NM; cleaned and bounded.
    """

    kind: ChangedKind
    page: int | None = None
    name: str | None = None


@dataclass(frozen=True)
class Change:
    """One classified change after a signature. revision: 1-based; detail: words for a person.

    objects: what was changed, by name, as far as it can be told; never all of a hostile file.
    """

    change_class: ChangeClass
    revision: int | None
    detail: str
    objects: tuple[ChangedObject, ...] = ()


@dataclass(frozen=True)
class SealPicture:
    """The picture a signature shows. png: re-encoded RGBA; rgba_sha256: hex over `w h` + pixels.

    The rectangle is in millimetres from the top-left of the page as shown.
    """

    png: bytes
    rgba_sha256: str
    page: int
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float


@dataclass(frozen=True)
class StampBox:
    """One place where a seal, or a slice of it, is drawn: millimetres from the page's top-left.

    clip: x, y, width, height of the visible part inside the box; None = all of it.
    Source: ofd.md section 6.
    """

    page: int
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    clip: tuple[float, float, float, float] | None = None


class TimestampKind(StrEnum):
    """What a time-stamp inside a signature was made over.

    SIGNATURE: the signature value, so the signature is older. CONTENT: the signed content, so the
    signature is younger (ETSI EN 319 122-1 sections 5.3 and 5.2.8).
    """

    SIGNATURE = "SIGNATURE"
    CONTENT = "CONTENT"


@dataclass(frozen=True)
class TimestampReading:
    """All that the bytes alone say of one RFC 3161 token inside a signature.

    id: `T-` + first 16 hex of the SHA-256 of the token. digest: MATCHES when the imprint is of
    the stamped bytes and the token's own digest holds. imprint_algorithm: of the message imprint;
    binding_digest: as in SignatureReading. made_at: genTime, None when unreadable.
    accuracy_us: how far the true time may lie from it either way, in microseconds; 0 = not said.
    """

    id: str
    kind: TimestampKind
    digest: DigestOutcome
    signature: SignatureOutcome
    digest_algorithm: str | None
    imprint_algorithm: str | None
    binding_digest: str | None
    signature_algorithm: str | None
    signature_algorithm_oid: str | None
    signer_certificate_der: bytes | None
    certificates_der: tuple[bytes, ...]
    crls_der: tuple[bytes, ...]
    ocsps_der: tuple[bytes, ...]
    made_at: datetime | None
    problems: tuple[ReadingProblem, ...]
    accuracy_us: int = 0


@dataclass(frozen=True)
class SignatureReading:
    """All that the bytes alone say of one signature; no trust, no registry.

    id: `S-` + first 16 hex of signature_sha256 (or of the field name where there is no value).
    signature_sha256: hex SHA-256 of the signature value, the identity of a signature
    (pdf.md section 3). signed_attributes_sha256: hex, what the key signed. certificates_der: all
    embedded, the signer's excluded. docmdp: 1..3 when this signature certifies.
    docmdp_kept: None when no certification applies to this signature. timestamps: the tokens
    inside it, read. imprint_algorithm: of a document time-stamp's message imprint.
    binding_digest: the digest by which the signed attributes name the signer's certificate.
    eseal: the electronic seal inside a seal signature (GB/T 38540 and its relatives). stamps: every
    place where a national seal is drawn. accuracy_us: of a document time-stamp, as in
    TimestampReading. In OFD field_name is the package path of Signature.xml.
    """

    id: str
    field_name: str
    is_timestamp: bool
    sub_filter: str
    revision: int
    byte_range: tuple[int, ...]
    coverage: Coverage
    digest: DigestOutcome
    signature: SignatureOutcome
    digest_algorithm: str | None
    signature_algorithm: str | None
    signature_algorithm_oid: str | None
    signer_certificate_der: bytes | None
    certificates_der: tuple[bytes, ...]
    claimed_at: datetime | None
    signature_sha256: str | None
    docmdp: int | None
    docmdp_kept: bool | None
    changes_after: tuple[Change, ...]
    worst_change: ChangeClass
    picture: SealPicture | None
    crls_der: tuple[bytes, ...]
    ocsps_der: tuple[bytes, ...]
    timestamp_token_der: bytes | None
    problems: tuple[ReadingProblem, ...]
    timestamps: tuple[TimestampReading, ...] = ()
    imprint_algorithm: str | None = None
    binding_digest: str | None = None
    eseal: ESealReading | None = None
    stamps: tuple[StampBox, ...] = ()
    accuracy_us: int = 0


@dataclass(frozen=True)
class DocumentReading:
    """A document read: its kind, revisions and signatures in the order of signing.

    earlier_signatures: signed fields present in an older revision but not in the newest.
    """

    kind: str
    size_bytes: int
    page_count: int
    revision_count: int
    signatures: tuple[SignatureReading, ...]
    earlier_signatures: tuple[str, ...]
    problems: tuple[ReadingProblem, ...]


class StraddleEdge(StrEnum):
    """The edge over which a straddle seal (骑缝章) is cut."""

    LEFT = "LEFT"
    RIGHT = "RIGHT"
    TOP = "TOP"
    BOTTOM = "BOTTOM"


@dataclass(frozen=True)
class Straddle:
    """A seal cut over one edge of several pages; pages: 1-based, empty = all of the document.

    position: where along the edge the seal's middle lies, 0..1 of the edge's length.
    Source: ofd.md section 6.
    """

    edge: StraddleEdge = StraddleEdge.RIGHT
    pages: tuple[int, ...] = ()
    position: float = 0.5


@dataclass(frozen=True)
class SealingSpec:
    """How to put one seal on one document.

    imprint_png None means invisible. certificate_der is the signer's, chain_der its issuers
    without the root (pdf.md rule 9). suite: name in ca.algorithms. field_name: random, given by
    the caller. imprint_height_ratio: height of the box over its width. eseal_der: the SESeal of a
    national suite, which OFD needs. straddle: also or only (placement None) over an edge, OFD only.
    """

    role: DocumentRole
    certificate_der: bytes
    chain_der: tuple[bytes, ...]
    suite: str
    signed_at: datetime
    field_name: str
    signer_name: str
    imprint_png: bytes | None
    placement: Placement | None
    imprint_height_ratio: float = 1.0
    eseal_der: bytes | None = None
    straddle: Straddle | None = None


@dataclass(frozen=True)
class PreparedSealing:
    """A revision with a hole. tbs: the exact bytes the key signs (DER SET OF attributes).

    document: the file with an empty signature value; document_digest: over the ByteRange by
    the suite's digest, in OFD SM3 of Signature.xml;
    state: opaque to callers, picklable, everything `finish` needs besides the signature.
    """

    document: bytes
    document_digest: bytes
    tbs: bytes
    state: bytes
