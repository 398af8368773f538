"""Verbs of verification: judge and keep the report, look a report up, compare with a record."""

from dataclasses import dataclass, replace
from hashlib import sha256

from sealsvc.areas.access.model import require
from sealsvc.areas.certs import service as certs
from sealsvc.areas.deps import Deps
from sealsvc.areas.seals import service as seals
from sealsvc.areas.seals.model.views import require_reader
from sealsvc.areas.verification import repo
from sealsvc.areas.verification.comparing import (
    Comparison,
    RegisteredFacts,
    SignatureComparison,
    compare_picture,
    compare_rendered,
    compare_shown,
    fields_of,
    picture_format,
    subject_names,
    whole_place,
)
from sealsvc.areas.verification.gathering import Terms, gather
from sealsvc.areas.verification.keeping import keep
from sealsvc.areas.verification.model import (
    DEFAULT_POLICY_NAME,
    VerificationExpired,
    VerificationNotFound,
    VerificationRequest,
    VerificationView,
    clean_expectation,
    clean_filename,
    made_at,
    require_not_future,
)
from sealsvc.areas.verification.reading import (
    DocumentRead,
    Judgement,
    judge_evidence,
    judge_to_keep,
    read_document,
    unread_document,
)
from sealsvc.documents.values import SignatureReading
from sealsvc.ports import ResourceLimit
from sealsvc.values import Principal, Scope, SealId
from sealsvc.verify.policy import Policy, policy_named
from sealsvc.verify.report import Report


def verify(
    deps: Deps, principal: Principal | None, request: VerificationRequest
) -> VerificationView:
    """Judge a document and keep the report. The document is not kept.

    principal: None without a key, which is enough unless the verification is to be recorded.
    Raises: ScopeMissing, PolicyUnknown, UsccInvalid, ExpectationInvalid, ValidationTimeInFuture,
    UnsupportedFormat, DocumentEncrypted, DocumentUnreadable, WorkersBusy. A document that costs
    too much gets a report with RESOURCE_LIMIT. Source: ARCHITECTURE section 11.
    """
    return verify_document(deps, principal, request)[0]


def verify_document(
    deps: Deps, principal: Principal | None, request: VerificationRequest
) -> tuple[VerificationView, DocumentRead]:
    """As `verify`, and what was read of the document, for those who show it. Raises: the same."""
    by = _recorder(principal) if request.record else None
    policy = policy_for(deps, request.policy)
    require_not_future(request.validation_time, deps.clock.now())
    terms = Terms(
        filename=clean_filename(request.filename),
        validation_time=request.validation_time,
        expectation=clean_expectation(request.expectation),
    )
    try:
        document = read_document(deps.sandbox, request.data)
        judged = _judged(deps, document, terms, policy)
    except ResourceLimit as limit:
        document = unread_document(request.data, limit)
        judged = _judged(deps, document, terms, policy)
    return keep(deps, judged, by), document


def _judged(deps: Deps, document: DocumentRead, terms: Terms, policy: Policy) -> Judgement:
    return judge_to_keep(deps.sandbox, gather(deps, document, terms), policy)


def judge_document(
    deps: Deps, document: DocumentRead, terms: Terms, policy: Policy | None = None
) -> Report:
    """The verdict on a document that was read, from what our registers know now.

    Raises: ResourceLimit, WorkersBusy.
    """
    evidence = gather(deps, document, terms)
    return judge_evidence(deps.sandbox, evidence, policy or policy_for(deps, None))


def policy_for(deps: Deps, name: str | None) -> Policy:
    """The policy of that name; None or `default`: the one this service is configured for.

    Raises: PolicyUnknown.
    """
    if name is None or name == DEFAULT_POLICY_NAME:
        name = deps.config.verification_policy
    return policy_named(name)


def get(deps: Deps, verification_id: str) -> VerificationView:
    """A kept report. Its id is the capability: 74 random bits, given to who asked.

    Raises: VerificationNotFound, VerificationExpired where the id's own time is so old that a
    report without a fact would be gone.
    """
    try:
        with deps.read() as session:
            return repo.get(session, verification_id)
    except VerificationNotFound:
        lifetime, made = deps.config.report_lifetime, made_at(verification_id)
        if lifetime is None or made is None or made >= deps.clock.now() - lifetime:
            raise
    raise VerificationExpired()


@dataclass(frozen=True)
class ComparisonRequest:
    """A document or picture to be held against a registered seal.

    with_picture: also draw the difference, for a person to look at.
    """

    data: bytes
    seal_id: SealId
    with_picture: bool = False


def compare(deps: Deps, principal: Principal, request: ComparisonRequest) -> Comparison:
    """Measure what agrees between a document's seals, or a picture, and a registered seal.

    Needs the scope `verify`: an oracle on imprints is no service for the nameless. The drawn
    difference shows the imprint itself, so it is for those who may see that.
    Raises: ScopeMissing, SealNotFound, SealNotYours, UnsupportedFormat, DocumentEncrypted,
    DocumentUnreadable, ImprintPictureUnreadable, ResourceLimit, WorkersBusy.
    """
    require(principal, Scope.VERIFY)
    registered = _registered(deps, request.seal_id)
    if request.with_picture:
        require_reader(principal, registered.owner_uscc)
    picture = picture_format(request.data)
    if picture is not None:
        return Comparison(
            kind="picture",
            seal_id=request.seal_id,
            media_type=f"image/{picture.lower()}",
            document_sha256=sha256(request.data).hexdigest(),
            signatures=(),
            picture=compare_picture(
                deps.sandbox, registered, request.data, with_picture=request.with_picture
            ),
        )
    document = read_document(deps.sandbox, request.data)
    return Comparison(
        kind="document",
        seal_id=request.seal_id,
        media_type=document.media_type,
        document_sha256=document.sha256,
        signatures=tuple(
            _compared(deps, registered, request, one, serial)
            for one, serial in zip(document.reading.signatures, document.serials, strict=True)
            if not one.is_timestamp
        ),
        picture=None,
    )


def _registered(deps: Deps, seal_id: SealId) -> RegisteredFacts:
    seal = seals.get(deps, seal_id)
    return RegisteredFacts(
        seal_id=seal.seal_id,
        name=seal.name,
        owner_uscc=seal.owner_uscc,
        owner_name=seal.owner_name,
        seal_type=str(seal.seal_type),
        medium=str(seal.medium),
        width_mm=seal.width_mm,
        height_mm=seal.height_mm,
        imprint=None if seal.imprint_sha256 is None else seals.imprint(deps, seal_id),
    )


def _compared(
    deps: Deps,
    registered: RegisteredFacts,
    request: ComparisonRequest,
    reading: SignatureReading,
    serial: str | None,
) -> SignatureComparison:
    names, held, der = None, False, reading.signer_certificate_der
    if der is not None and serial is not None:
        names = deps.sandbox.run(subject_names, der)
        held = certs.seal_of(deps, der, serial) == registered.seal_id
    picture = None
    if reading.picture is not None:
        picture = compare_shown(
            deps.sandbox, registered, reading.picture, with_picture=request.with_picture
        )
    place = whole_place(reading)
    if place is not None and picture is not None:
        rendered = compare_rendered(
            deps.sandbox, registered, request.data, place, with_picture=request.with_picture
        )
        picture = replace(picture, rendered=rendered)
    return SignatureComparison(reading.id, fields_of(registered, names, held=held), picture)


def _recorder(principal: Principal | None) -> Principal:
    by = principal or Principal("", "", frozenset())  # who shows no key has no scope
    require(by, Scope.VERIFY)
    return by
