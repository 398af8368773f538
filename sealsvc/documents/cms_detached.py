"""A detached CMS signature whose document stays with the caller: only its digest is at hand.

Hostile bytes: to be run in the sandbox. Source: RFC 5652 section 5.2; ETSI EN 319 122-1.
"""

from hashlib import sha256
from typing import Any

from asn1crypto import cms, x509

from sealsvc.documents.detached import KIND, DetachedReading, DocumentDigest
from sealsvc.documents.pdf.cms import CmsReading, read_cms
from sealsvc.documents.pdf.errors import DocumentUnreadable
from sealsvc.documents.pdf.opening import attempt
from sealsvc.documents.pdf.pyhanko_api import generic_cms
from sealsvc.documents.pdf.tokens import read_tokens
from sealsvc.documents.values import (
    ChangeClass,
    Coverage,
    DigestOutcome,
    DocumentReading,
    SignatureOutcome,
    SignatureReading,
)

# The names the judge knows; only a CAdES signature names its certificate in a signed attribute.
_CADES, _PLAIN = "ETSI.CAdES.detached", "adbe.pkcs7.detached"
_NO_CMS = frozenset({"CMS_UNREADABLE", "CMS_NOT_SIGNED_DATA"})


def read_detached(data: bytes, given: DocumentDigest | None) -> DetachedReading:
    """All that the signature file alone says, held against the document's digest where given.

    Without a digest, or with one by another algorithm than the signature's, the digest stays
    NOT_CHECKED. Raises: DocumentUnreadable for what is no CMS signature at all.
    """
    read = read_cms(data, None, timestamp=False, cades=False)
    if _NO_CMS & {problem.code for problem in read.problems} and read.signature_value is None:
        raise DocumentUnreadable(reason="cms")
    info = attempt(read.problems, "SIGNER_INFO_MISSING", None, lambda: _only_signer(data))
    signed = attempt(read.problems, "CMS_SHAPE", None, lambda: _signed_digest(info, read))
    cades = attempt(read.problems, "CMS_SHAPE", False, lambda: _names_certificate(info))
    if signed is not None:
        _compare(read, signed, given)
    elif info is not None and given is not None:
        attempt(read.problems, "SIGNATURE_NOT_CHECKED", None, lambda: _bare(read, info, given))
    signature = _signature(read, cades=cades)
    reading = DocumentReading(
        kind=KIND,
        size_bytes=len(data),
        page_count=0,
        revision_count=1,
        signatures=(signature,),
        earlier_signatures=(),
        problems=(),
    )
    return DetachedReading(reading, signed, cades)


def _only_signer(data: bytes) -> Any:
    """The one SignerInfo; None where there are more (RFC 5652 permits what we cannot judge)."""
    infos = cms.ContentInfo.load(data)["content"]["signer_infos"]
    return infos[0] if len(infos) == 1 else None


def _attributes(info: Any, *kinds: str) -> list[Any]:
    if info is None:
        return []
    return [one for one in info["signed_attrs"] or () if one["type"].native in kinds]


def _signed_digest(info: Any, read: CmsReading) -> DocumentDigest | None:
    """messageDigest with the algorithm of its SignerInfo (RFC 5652 section 11.2)."""
    values = [value for one in _attributes(info, "message_digest") for value in one["values"]]
    if len(values) != 1 or read.digest_algorithm is None:
        return None
    return DocumentDigest(read.digest_algorithm, bytes(values[0].native))


def _names_certificate(info: Any) -> bool:
    return bool(_attributes(info, "signing_certificate", "signing_certificate_v2"))


def _compare(read: CmsReading, signed: DocumentDigest, given: DocumentDigest | None) -> None:
    if given is None or given.algorithm != signed.algorithm:
        read.note("DIGEST_NOT_CHECKED", "" if given is None else "algorithm")
        return
    matches = given.value == signed.value
    read.digest = DigestOutcome.MATCHES if matches else DigestOutcome.DIFFERS


def _bare(read: CmsReading, info: Any, given: DocumentDigest) -> None:
    """Without signed attributes the value is over the document itself (RFC 5652 section 5.4).

    When it does not verify, nobody can tell a foreign document from a false signature.
    """
    if info["signed_attrs"] or read.signer_der is None or given.algorithm != read.digest_algorithm:
        return
    certificate = x509.Certificate.load(read.signer_der)
    _, valid = generic_cms.validate_sig_integrity(info, certificate, "data", given.value)
    read.signature = SignatureOutcome.VERIFIES if valid else SignatureOutcome.FAILS
    read.digest = DigestOutcome.MATCHES if valid else DigestOutcome.NOT_CHECKED


def _signature(read: CmsReading, *, cades: bool) -> SignatureReading:
    value = read.signature_value
    value_sha256 = sha256(value).hexdigest() if value else None
    return SignatureReading(
        id=f"S-{(value_sha256 or sha256(b'').hexdigest())[:16]}",
        field_name="",
        is_timestamp=False,
        sub_filter=_CADES if cades else _PLAIN,
        revision=1,
        byte_range=(),
        coverage=Coverage.FILE,
        digest=read.digest,
        signature=read.signature,
        digest_algorithm=read.digest_algorithm,
        signature_algorithm=read.signature_algorithm,
        signature_algorithm_oid=read.signature_algorithm_oid,
        signer_certificate_der=read.signer_der,
        certificates_der=read.certificates_der,
        claimed_at=read.claimed_at,
        signature_sha256=value_sha256,
        docmdp=None,
        docmdp_kept=None,
        changes_after=(),
        worst_change=ChangeClass.NONE,
        picture=None,
        crls_der=read.crls_der,
        ocsps_der=read.ocsps_der,
        timestamp_token_der=next(iter(read.signature_stamps_der), None),
        problems=tuple(dict.fromkeys(read.problems)),
        timestamps=read_tokens(read, None),
        binding_digest=read.binding_digest,
    )
