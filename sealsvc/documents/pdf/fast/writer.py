"""The fast writer behind the same two steps and values as `documents.pdf.sealer`.

`prepare` gives a `PreparedSealing` whose state either module can finish.
Source: ARCHITECTURE section 11; pdf.md section 2.
"""

import base64
import json
from functools import lru_cache

from sealsvc.documents.pdf.fast.cms_template import template_for
from sealsvc.documents.pdf.fast.kit import SealKit, SealOrder, refuse_harm
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.values import DocumentReading, PreparedSealing, SealingSpec

MAX_KITS = 64
STATE_VERSION = 1


def prepare(
    data: bytes, spec: SealingSpec, *, reading: DocumentReading | None = None
) -> PreparedSealing:
    """A revision with one more, still empty signature; `data` is its exact prefix.

    reading: of the same data, where the caller has it; else signed files are read here.
    Raises: NotUnderstood (pyHanko's turn), DocumentEncrypted, DocumentUnreadable,
    CertificateAlreadyInDocument, DocmdpForbidsSeal, ExistingSignatureBroken, FieldNameTaken,
    PageNotFound, PlacementOutOfPage, ImprintUnreadable.
    """
    kit = _kit(spec)
    order = SealOrder(spec.role, spec.signed_at, spec.field_name, spec.placement, reading)
    composed = kit.compose(data, order)
    document = kit.with_hole(data, composed)
    if composed.judged:
        refuse_harm(document)
    start = len(data) + len(composed.head)
    tbs = kit.template.signed_attributes(composed.digest)
    state = _pack(spec, tbs, composed.digest, start)
    return PreparedSealing(document, composed.digest, tbs, state)


def try_prepare(data: bytes, spec: SealingSpec) -> PreparedSealing | None:
    """As `prepare`, but None for a file that is pyHanko's. Raises: its ServiceErrors."""
    try:
        return prepare(data, spec)
    except NotUnderstood:
        return None


def finish(prepared: PreparedSealing, signature: bytes) -> bytes:
    """The sealed file. signature: DER for ECDSA and SM2, the raw PKCS #1 v1.5 value for RSA.

    Takes only what `prepare` of this module made. Raises: SignatureTooLarge.
    """
    members = json.loads(prepared.state)
    leaf, *chain = (base64.b64decode(one) for one in members["certificates"])
    template = template_for(leaf, tuple(chain), members["suite"])
    start, end = members["hole"]
    value = template.contents(prepared.document_digest, signature)
    return b"".join((prepared.document[:start], value, prepared.document[end:]))


def is_ours(prepared: PreparedSealing) -> bool:
    """Whether `prepare` of this module made it."""
    return bool(json.loads(prepared.state).get("fast"))


def _kit(spec: SealingSpec) -> SealKit:
    imprint = None
    if spec.imprint_png is not None and spec.placement is not None:
        imprint = (spec.imprint_png, spec.imprint_height_ratio)
    return _kept(spec.certificate_der, spec.chain_der, spec.suite, spec.signer_name, imprint)


@lru_cache(maxsize=MAX_KITS)
def _kept(
    certificate_der: bytes,
    chain_der: tuple[bytes, ...],
    suite: str,
    signer_name: str,
    imprint: tuple[bytes, float] | None,
) -> SealKit:
    return SealKit(certificate_der, chain_der, suite, signer_name, imprint)


def _pack(spec: SealingSpec, tbs: bytes, digest: bytes, start: int) -> bytes:
    template = template_for(spec.certificate_der, spec.chain_der, spec.suite)
    members = {
        "v": STATE_VERSION,
        "fast": True,
        "suite": spec.suite,
        "hole": [start, start + template.room + 2],
        "tbs": _b64(tbs),
        "certificates": [_b64(der) for der in (spec.certificate_der, *spec.chain_der)],
    }
    return json.dumps(members, separators=(",", ":")).encode("ascii")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
