"""Who may put which seal on which document, and the facts of doing so."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from sealsvc.areas.access.model import require, require_bound_to
from sealsvc.areas.entities.model import UsccStatus, check_uscc
from sealsvc.areas.seals.model import types_for_role
from sealsvc.areas.seals.model.views import SealView
from sealsvc.errors import BadInput, Conflict, Internal, NotFound
from sealsvc.values import (
    Declaration,
    DocumentRole,
    Fact,
    JsonObject,
    Placement,
    Principal,
    Scope,
    SealId,
    SealMedium,
    SealStatus,
    SealType,
    Subject,
    SubjectKind,
    Transition,
    Transitions,
)

NUMBER_LIMIT = 100
PARTIES_LIMIT = 50

_NEVER = datetime(9999, 12, 31, tzinfo=UTC)
_SHA256_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


class SealingStatus(StrEnum):
    """AUTHORISED: logged, not finished. ABANDONED: ended without a sealed file, for ever."""

    AUTHORISED = "AUTHORISED"
    COMPLETED = "COMPLETED"
    ABANDONED = "ABANDONED"


class SealingAction(StrEnum):
    """What can be done to a use of a seal; AUTHORISE brings it into being."""

    AUTHORISE = "AUTHORISE"
    COMPLETE = "COMPLETE"
    ABANDON = "ABANDON"


_S, _A = SealingStatus, SealingAction
SEALING_TRANSITIONS: Transitions[SealingStatus, SealingAction] = Transitions(
    (
        Transition(_A.AUTHORISE, None, _S.AUTHORISED, "sealing.authorised"),
        Transition(_A.COMPLETE, _S.AUTHORISED, _S.COMPLETED, "sealing.completed"),
        Transition(_A.ABANDON, _S.AUTHORISED, _S.ABANDONED, "sealing.abandoned"),
    )
)


def sealing_step(
    state: SealingStatus | None, action: SealingAction
) -> Transition[SealingStatus, SealingAction]:
    """The row for an action on a use of a seal. Raises: SealingIntentClosed."""
    found = SEALING_TRANSITIONS.find(state, action)
    if found is None:
        raise SealingIntentClosed(status=str(state))
    return found


class SealingNotFound(NotFound):
    """No sealing has this id, or the caller may not know of it."""

    code = "SEALING_NOT_FOUND"


class SealingNotCompleted(Conflict):
    """The sealing ended without a sealed file, or has not ended; `status` says which."""

    code = "SEALING_NOT_COMPLETED"


class SealingIntentClosed(Conflict):
    """The sealing took so long that its intent was given up, or its seal changed meanwhile.

    Nothing left the service.
    """

    code = "SEALING_INTENT_CLOSED"


class SealingSelfCheckFailed(Internal):
    """The sealed file did not verify as it must; it was thrown away."""

    code = "SEALING_SELF_CHECK_FAILED"


class SealNotActive(Conflict):
    """The seal is in a state in which it cannot be used; `status` names it."""

    code = "SEAL_NOT_ACTIVE"


class SealIsPhysical(Conflict):
    """A physical seal has no key: it is filed here, not used."""

    code = "SEAL_IS_PHYSICAL"


class SealTypeNotAllowed(Conflict):
    """The seal's type does not fit the document's role (rule R06)."""

    code = "SEAL_TYPE_NOT_ALLOWED"


class SealOutOfValidity(Conflict):
    """The seal is active but its validity has not begun or is over."""

    code = "SEAL_OUT_OF_VALIDITY"


class SealingSuiteInvalid(BadInput):
    """The suite that was asked for does not sign documents of this format."""

    code = "SEALING_SUITE_INVALID"


class StraddleNotSupported(BadInput):
    """A straddle seal was asked for in a format that has none."""

    code = "STRADDLE_NOT_SUPPORTED"


class DeclarationInvalid(BadInput):
    """What the sealer says of the document is malformed; `field` and `reason` say where."""

    code = "DECLARATION_INVALID"


class DigestMalformed(Internal):
    """Our own code handed over a digest that is not 64 lower-case hex digits."""

    code = "DIGEST_MALFORMED"


@dataclass(frozen=True)
class SealForUse:
    """A seal as far as its use depends on it. valid_until: the first instant after validity."""

    seal_id: SealId
    owner_uscc: str
    seal_type: SealType
    medium: SealMedium
    status: SealStatus
    valid_from: datetime
    valid_until: datetime


def for_use(seal: SealView) -> SealForUse:
    """The registry's view of a seal, cut down to what its use depends on."""
    return SealForUse(
        seal_id=seal.seal_id,
        owner_uscc=seal.owner_uscc,
        seal_type=seal.seal_type,
        medium=seal.medium,
        status=seal.status,
        valid_from=seal.valid_from or seal.applied_at,
        valid_until=seal.valid_until or _NEVER,
    )


def may_use(
    seal: SealForUse, principal: Principal, role: DocumentRole | None, now: datetime
) -> None:
    """Let pass the owner's client with a seal that is fit for the document, now.

    role: None where the sealer declared none; then the type is not judged.
    Raises: ScopeMissing, NotYourEntity, SealIsPhysical, SealNotActive, SealOutOfValidity,
    SealTypeNotAllowed.
    Source: CONTRACT sections 2, 3 and 5.
    """
    # The rights first: who may not use the seal learns nothing about its state.
    require(principal, Scope.SEAL_SIGN)
    require_bound_to(principal, seal.owner_uscc)
    if seal.medium is SealMedium.PHYSICAL:
        raise SealIsPhysical()
    if seal.status is not SealStatus.ACTIVE:
        raise SealNotActive(status=str(seal.status))
    if not seal.valid_from <= now < seal.valid_until:
        raise SealOutOfValidity(
            validFrom=seal.valid_from.isoformat(), validUntil=seal.valid_until.isoformat()
        )
    if role is not None and seal.seal_type not in types_for_role(role):
        raise SealTypeNotAllowed(type=str(seal.seal_type), role=str(role))


def validate_declaration(declaration: Declaration) -> Declaration:
    """The declaration in canonical form: credit codes checked, number in NFC.

    Raises: DeclarationInvalid.
    """
    parties = declaration.party_usccs
    if len(parties) > PARTIES_LIMIT:
        raise DeclarationInvalid(field="partyUsccs", reason="TOO_MANY")
    codes = tuple(_uscc("partyUsccs", party) for party in parties)
    if len(set(codes)) != len(codes):
        raise DeclarationInvalid(field="partyUsccs", reason="REPEATED")
    seller = declaration.seller_uscc
    return replace(
        declaration,
        number=None if declaration.number is None else _number(declaration.number),
        seller_uscc=None if seller is None else _uscc("sellerUscc", seller),
        party_usccs=codes,
    )


def declaration_from(shape: JsonObject) -> Declaration:
    """The declaration whose wire shape (`Declaration.to_json`) was kept."""
    number, seller, parties = (shape.get(key) for key in ("number", "sellerUscc", "partyUsccs"))
    return Declaration(
        role=DocumentRole(str(shape["role"])),
        number=None if number is None else str(number),
        seller_uscc=None if seller is None else str(seller),
        party_usccs=tuple(str(one) for one in parties) if isinstance(parties, list) else (),
    )


def warnings_of(declaration: Declaration, owner_uscc: str) -> tuple[str, ...]:
    """Codes of what a verifier will hold against the document; sealing it is not refused.

    A merchant may put its seal on whatever it likes; that another one is declared as the seller
    is for the verdict to say (CONTRACT section 1, `semantics`). declaration: canonical.
    """
    warnings = []
    if declaration.seller_uscc not in (None, owner_uscc):
        warnings.append("SELLER_SEAL_MISMATCH")
    contract = declaration.role is DocumentRole.CONTRACT
    if contract and declaration.party_usccs and owner_uscc not in declaration.party_usccs:
        warnings.append("CONTRACT_PARTY_MISMATCH")
    return tuple(warnings)


@dataclass(frozen=True)
class SealingView:
    """One use of a seal. Digests: SHA-256, lower-case hex; declaration: its wire shape.

    placement: None where the seal is invisible. sealed_sha256 names the blob once COMPLETED.
    """

    sealing_id: str
    status: SealingStatus
    seal_id: SealId
    owner_uscc: str
    cert_serial: str
    original_sha256: str
    tbs_sha256: str
    media_type: str
    declaration: JsonObject
    placement: Placement | None
    by: str
    created_at: datetime
    authorised_fact_id: str
    signature_sha256: str | None = None
    sealed_sha256: str | None = None
    completed_at: datetime | None = None
    completed_fact_id: str | None = None
    abandoned_reason: str | None = None

    @property
    def open(self) -> bool:
        """Whether it can still be completed, or given up."""
        return SEALING_TRANSITIONS.find(self.status, SealingAction.ABANDON) is not None

    @property
    def warnings(self) -> tuple[str, ...]:
        """See `warnings_of`."""
        return warnings_of(declaration_from(self.declaration), self.owner_uscc)


def may_see(view: SealingView, principal: Principal) -> None:
    """Let pass the seal's owner, and auditors.

    Raises: SealingNotFound, so that an id tells strangers nothing.
    """
    owner = principal.entity_uscc == view.owner_uscc
    auditor = Scope.AUDIT_READ in principal.scopes and principal.entity_uscc is None
    if not owner and not auditor:
        raise SealingNotFound()


@dataclass(frozen=True)
class SealingRef:
    """One use of a seal, as its facts name it. cert_serial: lower-case hex; by: client id.

    owner_uscc: of the seal's owner, who may open its own facts.
    """

    sealing_id: str
    seal_id: SealId
    owner_uscc: str
    cert_serial: str
    by: str
    declaration: Declaration = field(default_factory=Declaration)


def sealing_authorised(use: SealingRef, *, original_sha256: str, tbs_sha256: str) -> Fact:
    """`sealing.authorised`: the intent, before anything is signed.

    original_sha256: of the file as received; tbs_sha256: of the exact bytes to be signed; hex.
    Raises: DigestMalformed. Source: ARCHITECTURE section 7.4.
    """
    payload = _payload(use)
    payload["originalDigest"] = _hex(original_sha256)
    payload["tbsDigest"] = _hex(tbs_sha256)
    document = Subject(SubjectKind.DOCUMENT, original_sha256)
    return Fact("sealing.authorised", _subjects(use, document), {}, payload)


def sealing_completed(
    use: SealingRef, *, original_sha256: str, sealed_sha256: str, signature_sha256: str
) -> Fact:
    """`sealing.completed`: the sealed file exists; the trace finds it by `digest`.

    sealed_sha256: of the whole sealed file; signature_sha256: of the signature value; hex.
    Raises: DigestMalformed. Source: CONTRACT sections 1 and 4.
    """
    payload = _payload(use)
    payload["originalDigest"] = _hex(original_sha256)
    payload["digest"] = _hex(sealed_sha256)
    payload["signatureDigest"] = _hex(signature_sha256)
    found_by = (
        Subject(SubjectKind.DOCUMENT, sealed_sha256),
        Subject(SubjectKind.SIGNATURE, signature_sha256),
    )
    return Fact("sealing.completed", _subjects(use, *found_by), {}, payload)


def sealing_abandoned(use: SealingRef, *, original_sha256: str, reason: str) -> Fact:
    """`sealing.abandoned`: an intent that ended without a sealed file; reason: a stable code.

    Raises: DigestMalformed.
    """
    payload = _payload(use)
    payload["originalDigest"] = _hex(original_sha256)
    payload["reason"] = reason
    document = Subject(SubjectKind.DOCUMENT, original_sha256)
    return Fact("sealing.abandoned", _subjects(use, document), {}, payload)


def _payload(use: SealingRef) -> JsonObject:
    return {
        "by": use.by,
        "sealingId": use.sealing_id,
        "sealId": use.seal_id,
        "certSerial": use.cert_serial,
        "declaration": use.declaration.to_json(),
    }


def _subjects(use: SealingRef, *found_by: Subject) -> tuple[Subject, ...]:
    own: Iterable[Subject] = (
        Subject(SubjectKind.SEALING, use.sealing_id),
        Subject(SubjectKind.SEAL, use.seal_id),
        Subject(SubjectKind.ENTITY, use.owner_uscc),
    )
    return (*own, *found_by)


def _hex(digest: str) -> str:
    if _SHA256_HEX.fullmatch(digest) is None:
        raise DigestMalformed()
    return digest


def _uscc(name: str, text: str) -> str:
    result = check_uscc(text)
    if result.status is UsccStatus.INVALID:
        raise DeclarationInvalid(field=name, reason="USCC_INVALID")
    return result.code


def _number(text: str) -> str:
    number = unicodedata.normalize("NFC", text[: 4 * NUMBER_LIMIT]).strip()
    if not number or len(number) > NUMBER_LIMIT or not number.isprintable():
        raise DeclarationInvalid(field="number", reason="MALFORMED")
    return number
