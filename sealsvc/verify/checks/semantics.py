"""Does the business meaning hold: the right party, with the right kind of seal?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sealsvc.documents.values import SignatureOutcome
from sealsvc.values import Declaration, DocumentRole, SealType
from sealsvc.verify.case import Case, PathResult
from sealsvc.verify.evidence import Expectation
from sealsvc.verify.findings import DOCUMENT, Finding, noticed
from sealsvc.verify.messages import Weight


@dataclass(frozen=True)
class Terms:
    """What the document is held against, from the caller first, then from the sealers.

    parties_demanded: the caller named the parties, so each must have sealed. contradictory: the
    declarations made at sealing disagree and the caller settles nothing.
    """

    role: DocumentRole | None = None
    seller_uscc: str | None = None
    party_usccs: tuple[str, ...] = ()
    seal_type: SealType | None = None
    signer_uscc: str | None = None
    parties_demanded: bool = False
    from_declaration: bool = False
    contradictory: bool = False

    @property
    def comparable(self) -> bool:
        """Whether there is anything a seal can be compared with."""
        return bool(self.seller_uscc or self.party_usccs or self.seal_type or self.signer_uscc)


def terms_of(cases: Sequence[Case], expected: Expectation) -> Terms:
    """The terms of a document. Source: CONTRACT section 1 (`semantics`).

    A declaration counts only if it is of the role the caller expects, and if it says anything.
    """
    declared = [
        stated
        for case in cases
        if (stated := case.signature.declaration) is not None
        and _says_anything(stated)
        and expected.role in (None, stated.role)
    ]
    first = declared[0] if declared else Declaration()
    seller = expected.seller_uscc or first.seller_uscc
    parties = expected.party_usccs or first.party_usccs
    said = {(one.role, one.seller_uscc, frozenset(one.party_usccs)) for one in declared}
    settled = bool(expected.seller_uscc or expected.party_usccs)
    return Terms(
        role=expected.role or (first.role if declared else _implied_role(expected)),
        seller_uscc=seller,
        party_usccs=parties,
        seal_type=expected.seal_type,
        signer_uscc=expected.signer_uscc,
        parties_demanded=bool(expected.party_usccs),
        from_declaration=bool(declared) and not settled,
        contradictory=len(said) > 1 and not settled,
    )


def check(case: Case, terms: Terms) -> tuple[Finding, ...]:
    """One seal against the terms. Source: china-domain section 11, R05 and R06."""
    if terms.role is None and not terms.comparable:
        return (noticed("SEMANTICS_NOT_ASKED", case.id),)
    found = [*_type_fits(case, terms)]
    if not terms.comparable:
        return (*found, noticed("PARTIES_UNKNOWN", case.id))
    source = "DECLARATION" if terms.from_declaration else "EXPECTATION"
    found.append(noticed("DOCUMENT_FIELDS_NOT_READ", case.id, source=source))
    named = (*_type_expected(case, terms), *_owner_expected(case, terms))
    return (*found, *dict.fromkeys((*named, *_signer_expected(case, terms))))


def check_document(cases: Sequence[Case], terms: Terms) -> tuple[Finding, ...]:
    """What only all seals together show: contradictions, and parties that have not sealed."""
    found = [noticed("DECLARATIONS_DIFFER", DOCUMENT)] if terms.contradictory else []
    sealed = {_owner(case) for case in cases if _established(case)}
    weight = Weight.FAILS if terms.parties_demanded else Weight.INFO
    for uscc in dict.fromkeys(terms.party_usccs):
        if uscc not in sealed:
            found.append(noticed("CONTRACT_PARTY_MISSING", DOCUMENT, weight=weight, expected=uscc))
    return tuple(found)


def _says_anything(stated: Declaration) -> bool:
    return bool(stated.seller_uscc or stated.party_usccs or stated.role is not DocumentRole.OTHER)


def _implied_role(expected: Expectation) -> DocumentRole | None:
    if expected.seller_uscc:
        return DocumentRole.INVOICE
    return DocumentRole.CONTRACT if expected.party_usccs else None


def _type_fits(case: Case, terms: Terms) -> Iterable[Finding]:
    """R06: a warning only; sealing refuses by the same table."""
    if case.seal is None or terms.role is None:
        return
    allowed = dict(case.policy.seal_types).get(terms.role, ())
    if case.seal.seal_type not in allowed:
        kind = case.seal.seal_type
        yield noticed("SEAL_TYPE_NOT_ALLOWED", case.id, type=kind, role=terms.role)


def _type_expected(case: Case, terms: Terms) -> Iterable[Finding]:
    if terms.seal_type is None:
        return
    if case.seal is None:
        yield noticed("SEAL_TYPE_UNKNOWN", case.id)
    elif case.seal.seal_type is not terms.seal_type:
        kind = case.seal.seal_type
        yield noticed("SEAL_TYPE_UNEXPECTED", case.id, type=kind, expected=terms.seal_type)


def _owner_expected(case: Case, terms: Terms) -> Iterable[Finding]:
    """A wrong owner is wrong even where nothing else is sure; a right one must be established."""
    if not terms.seller_uscc and not terms.party_usccs:
        return
    owner = _owner(case)
    if owner is None:
        yield noticed("OWNER_NOT_ESTABLISHED", case.id)
        return
    if terms.seller_uscc and owner != terms.seller_uscc:
        expected = terms.seller_uscc
        yield noticed("SELLER_SEAL_MISMATCH", case.id, owner=owner, expected=expected)
    if terms.party_usccs and owner not in terms.party_usccs:
        yield noticed("CONTRACT_PARTY_MISMATCH", case.id, owner=owner)
    if not _established(case):
        yield noticed("OWNER_NOT_ESTABLISHED", case.id)


def _signer_expected(case: Case, terms: Terms) -> Iterable[Finding]:
    """`expect.signerUscc`: whose certificate it is, whatever the registry says of the seal."""
    if terms.signer_uscc is None:
        return
    named = _certified(case)
    if named is None:
        yield noticed("SIGNER_NOT_NAMED", case.id, expected=terms.signer_uscc)
        return
    if named != terms.signer_uscc:
        yield noticed("SIGNER_MISMATCH", case.id, signer=named, expected=terms.signer_uscc)
    if not _established(case):
        yield noticed("OWNER_NOT_ESTABLISHED", case.id)


def _owner(case: Case) -> str | None:
    """The registered owner, else the one credit code the certificate names."""
    return _certified(case) if case.seal is None else case.seal.owner_uscc


def _certified(case: Case) -> str | None:
    """The one credit code that the signer's certificate names."""
    signer = case.chain.signer
    codes = frozenset() if signer is None else signer.certificate.usccs
    return next(iter(codes)) if len(codes) == 1 else None


def _established(case: Case) -> bool:
    """Whether it is sure who made the signature: the key fits, and somebody vouches for it."""
    vouched = case.seal is not None or case.chain.result is PathResult.VALID
    return vouched and case.reading.signature is SignatureOutcome.VERIFIES
