"""Vectors about OCSP answers, in the document or gathered. The issuing CA's list is left out."""

from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.builders.evidence import NOW, SIGNED, EvidenceBuilder, chain, leaf_revoked, lists, sound
from tests.builders.x509 import AT as T0
from tests.builders.x509 import make_chain
from tests.unit.verify.ocsp_answers import OCSP_SIGNING, answer, redated, responder
from tests.unit.verify.vectors.base import DAY, DOUBT, FAIL, MINUTE, OK, v

ROOT_LIST = lists()[1:]
LATER = T0 + 30 * MINUTE
FRESH = NOW - MINUTE
SHORT = responder(OCSP_SIGNING, days=2)
MISSING = f"{DOUBT} CERTIFICATE_CHAIN_GENERAL_FAILURE"


def told(*answers: bytes) -> EvidenceBuilder:
    """Known by answers inside the document alone."""
    return sound().evidence(crls_der=ROOT_LIST).reading(ocsps_der=answers)


POSITIVE_ANSWERS = (
    v("answer-by-ca", "RFC 6960 2.2: by the issuer itself", told(answer(FRESH)), OK),
    v(
        "answer-by-delegate",
        "RFC 6960 4.2.2.2: by a certificate for answering",
        told(answer(FRESH, maker=responder(OCSP_SIGNING), key="responder")),
        OK,
    ),
    v(
        "answer-gathered",
        "gathered answers count like embedded ones",
        sound().evidence(crls_der=ROOT_LIST, ocsps_der=(answer(FRESH),)),
        OK,
    ),
    v(
        "answer-revoked-later",
        "5.6.2.4: revoked after the proven time",
        told(answer(T0 + 40 * MINUTE, revoked_at=LATER)),
        OK,
        "REVOKED_AFTER_SIGNING",
    ),
    v(
        "answer-revoked-after-validation",
        "judged as of before: a later answer says it was good then",
        told(answer(NOW + DAY, revoked_at=NOW + DAY)),
        OK,
    ),
    v(
        "answer-of-then",
        "5.6.2.2: an answer of then, its maker ended since, settled by the proof",
        told(answer(SIGNED + MINUTE, maker=SHORT, key="responder"))
        .at(T0 + 20 * DAY, crls=False)
        .evidence(crls_der=(chain().crl(at=T0 + 19 * DAY, by_root=True, hours=99),)),
        OK,
    ),
)

NEGATIVE_ANSWERS = (
    v(
        "answer-stale",
        "5.2.5: TRY_LATER",
        told(answer(T0 - DAY, hours=2)).proof(None),
        f"{DOUBT} TRY_LATER",
        "REVOCATION_DATA_STALE",
    ),
    v(
        "answer-old-long-next-update",
        "policy: nextUpdate is not enough",
        told(answer(T0, hours=24 * 90))
        .proof(None)
        .evidence(validation_time=T0 + 30 * DAY, crls_der=lists(T0 + 29 * DAY)[1:]),
        f"{DOUBT} TRY_LATER",
    ),
    v(
        "answer-altered",
        "an old answer with a new date",
        told(redated(answer(T0), T0, FRESH)),
        MISSING,
        "REVOCATION_DATA_MISSING",
    ),
    v(
        "answer-by-stranger",
        "RFC 6960 4.2.2.2: a certificate that is not for answering",
        told(answer(FRESH, maker=responder(ExtendedKeyUsageOID.TIME_STAMPING), key="responder")),
        MISSING,
    ),
    v(
        "answer-without-purpose",
        "RFC 6960 4.2.2.2: no purpose is not the purpose",
        told(answer(FRESH, maker=responder(None), key="responder")),
        MISSING,
    ),
    v(
        "answer-about-another",
        "an answer about another certificate says nothing",
        told(answer(FRESH, about=make_chain(label="other").leaf_der)),
        MISSING,
    ),
    v("answer-garbage", "an unreadable answer is no answer", told(b"junk", b"\x30\x00"), MISSING),
    v(
        "answer-revoked-unproven",
        "5.3: REVOKED_NO_POE",
        told(answer(T0 + 40 * MINUTE, revoked_at=LATER)).proof(None),
        f"{DOUBT} REVOKED_NO_POE",
    ),
    v(
        "answer-revoked-before",
        "5.6.2.4: sealed after the revocation",
        told(answer(T0 + 40 * MINUTE, revoked_at=T0 + 5 * MINUTE)).proof(
            SIGNED + MINUTE, after=SIGNED
        ),
        f"{FAIL} REVOKED",
    ),
    v(
        "answer-good-then-revoked",
        "a good answer does not hide a revoked one, whatever their order",
        told(answer(T0), answer(T0 + 40 * MINUTE, revoked_at=LATER)).proof(None),
        f"{DOUBT} REVOKED_NO_POE",
    ),
    v(
        "list-good-answer-revoked",
        "nor does a good list",
        sound().proof(None).reading(ocsps_der=(answer(T0 + 40 * MINUTE, revoked_at=LATER),)),
        f"{DOUBT} REVOKED_NO_POE",
    ),
    v(
        "answer-good-list-revoked",
        "nor a good answer a revoked list",
        told(answer(FRESH)).proof(None).evidence(crls_der=leaf_revoked(LATER, T0 + 40 * MINUTE)),
        f"{DOUBT} REVOKED_NO_POE",
    ),
    v(
        "answer-maker-expired",
        "5.3: REVOCATION_OUT_OF_BOUNDS_NO_POE, nothing dates the answer",
        told(answer(T0, hours=24 * 30, maker=SHORT, key="responder"))
        .proof(None)
        .evidence(validation_time=T0 + 3 * DAY, crls_der=lists(T0 + 2 * DAY, 48)[1:]),
        f"{DOUBT} REVOCATION_OUT_OF_BOUNDS_NO_POE",
        "REVOCATION_SIGNER_EXPIRED",
    ),
)
