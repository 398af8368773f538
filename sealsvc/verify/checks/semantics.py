"""Does the business meaning hold: the right party, with the right kind of seal?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sealsvc.documents.values import SignatureOutcome
from sealsvc.values import Declaration, DocumentRole, SealType
from sealsvc.verify.case import Case, PathResult
from sealsvc.verify.evidence import DocumentFields, Expectation
from sealsvc.verify.findings import DOCUMENT, Finding, noticed
from sealsvc.verify.messages import Weight

_SELLER = "seller.tax_id"
_STATE_ORGAN = "11"


@dataclass(frozen=True)
class Terms:
    """What the document is held against: the caller first, the document itself, then the sealers.

    parties_demanded: the caller named the parties, so each must have sealed. contradictory: the
    declarations made at sealing disagree and neither caller nor document settles anything. fields:
    the document's own, None where they do not count. from_fields: the seller is taken from them.
    seller_sealed: one of the seals is established as that seller's.
    """

    role: DocumentRole | None = None
    seller_uscc: str | None = None
    party_usccs: tuple[str, ...] = ()
    seal_type: SealType | None = None
    signer_uscc: str | None = None
    parties_demanded: bool = False
    from_declaration: bool = False
    contradictory: bool = False
    fields: DocumentFields | None = None
    from_fields: bool = False
    seller_sealed: bool = False

    @property
    def comparable(self) -> bool:
        """Whether there is anything a seal can be compared with."""
        return bool(self.seller_uscc or self.party_usccs or self.seal_type or self.signer_uscc)


def terms_of(
    cases: Sequence[Case], expected: Expectation, fields: DocumentFields | None = None
) -> Terms:
    """The terms of a document. Source: CONTRACT section 1 (`semantics`).

    Fields and declarations count only if they are of the role the caller expects, and if they say
    anything. Where the document says that it is an invoice, no declaration makes it another thing.
    """
    own = fields if fields and _wanted(expected) in (None, fields.role) else None
    declared = [
        stated
        for case in cases
        if (stated := case.signature.declaration) is not None
        and _says_anything(stated)
        and _wanted(expected, own) in (None, stated.role)
    ]
    first = declared[0] if declared else Declaration()
    read = own.seller_uscc if own else None
    seller = expected.seller_uscc or read or first.seller_uscc
    said = {(one.role, one.seller_uscc, frozenset(one.party_usccs)) for one in declared}
    settled = bool(expected.seller_uscc or expected.party_usccs or read)
    return Terms(
        role=_role(expected, own, first if declared else None),
        seller_uscc=seller,
        party_usccs=expected.party_usccs or (() if read else first.party_usccs),
        seal_type=expected.seal_type,
        signer_uscc=expected.signer_uscc,
        parties_demanded=bool(expected.party_usccs),
        from_declaration=bool(declared) and not settled,
        contradictory=len(said) > 1 and not settled,
        fields=own,
        from_fields=read is not None and expected.seller_uscc is None,
        seller_sealed=any(_established(case) and _owner(case) == seller for case in cases),
    )


def _wanted(expected: Expectation, own: DocumentFields | None = None) -> DocumentRole | None:
    """The role that is asked for, else the one that the document itself has."""
    return expected.role or _implied_role(expected) or (own.role if own else None)


def _role(
    expected: Expectation, own: DocumentFields | None, declared: Declaration | None
) -> DocumentRole | None:
    if expected.role is not None:
        return expected.role
    if own is not None:
        return own.role
    return declared.role if declared is not None else _implied_role(expected)


def check(case: Case, terms: Terms) -> tuple[Finding, ...]:
    """One seal against the terms. Source: china-domain section 11, R05 and R06."""
    if terms.role is None and not terms.comparable:
        return (noticed("SEMANTICS_NOT_ASKED", case.id),)
    found = [*_type_fits(case, terms)]
    if not terms.comparable:
        return (*found, noticed("PARTIES_UNKNOWN", case.id))
    if terms.fields is None:
        source = "DECLARATION" if terms.from_declaration else "EXPECTATION"
        found.append(noticed("DOCUMENT_FIELDS_NOT_READ", case.id, source=source))
    found += _declaration_agrees(case, terms)
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
    return (*found, *_about_fields(terms))


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
    if terms.from_fields and not _is_compared(case, terms, owner):
        # Without effect once the seller's own seal is there.
        weight = Weight.OMITTED if terms.seller_sealed else Weight.SKIPPED
        yield noticed("SELLER_NOT_COMPARED", case.id, weight=weight)
        return
    if owner is None:
        yield noticed("OWNER_NOT_ESTABLISHED", case.id)
        return
    if terms.seller_uscc and owner != terms.seller_uscc:
        yield _other_owner(case, terms, owner)
    if terms.party_usccs and owner not in terms.party_usccs:
        yield noticed("CONTRACT_PARTY_MISMATCH", case.id, owner=owner)
    if not _established(case):
        yield noticed("OWNER_NOT_ESTABLISHED", case.id)


def _is_compared(case: Case, terms: Terms, owner: str | None) -> bool:
    """Whether a seal is held against the seller that only the document names.

    Merchants' seals are, which somebody we trust vouches for: a tax bureau's supervision seal on a
    genuine invoice is not its seller's, nor meant to be.
    Source: GB 32100-2015: a code that begins with 11 is of a state organ.
    """
    organ = owner is not None and owner.startswith(_STATE_ORGAN)
    return _vouched(case) and (not organ or owner == terms.seller_uscc)


def _other_owner(case: Case, terms: Terms, owner: str) -> Finding:
    """R05, as hard as what it rests on.

    Printed words do not tell buyer from seller for sure, so the buyer's seal is then a doubt; and
    where carriers contradict each other about the seller, any seal is.
    """
    own, weight = terms.fields, None
    if terms.from_fields and own is not None:
        swapped = own.printed_only and owner == own.buyer_uscc
        if swapped or _SELLER in own.disagreements:
            weight = Weight.DOUBT
    expected = terms.seller_uscc
    return noticed("SELLER_SEAL_MISMATCH", case.id, weight=weight, owner=owner, expected=expected)


def _declaration_agrees(case: Case, terms: Terms) -> Iterable[Finding]:
    """What was declared at sealing against the document itself, which counts before it."""
    own, stated = terms.fields, case.signature.declaration
    if own is None or stated is None or not _says_anything(stated):
        return
    pairs = (
        ("role", own.role, stated.role),
        ("number", _folded(own.number), _folded(stated.number)),
        ("sellerUscc", own.seller_uscc, stated.seller_uscc),
    )
    differing = [name for name, read, said in pairs if read and said and read != said]
    if differing:
        yield noticed("FIELDS_DIFFER_FROM_DECLARATION", case.id, fields=", ".join(differing))


def _about_fields(terms: Terms) -> Iterable[Finding]:
    """What the document's own fields are worth, whoever sealed it."""
    own = terms.fields
    if own is None:
        return
    yield noticed("DOCUMENT_FIELDS_READ", DOCUMENT, source=own.source)
    if not terms.from_fields and own.seller_uscc and terms.seller_uscc != own.seller_uscc:
        yield noticed(
            "FIELDS_DIFFER_FROM_EXPECTATION",
            DOCUMENT,
            read=own.seller_uscc,
            expected=terms.seller_uscc,
        )
    if own.disagreements:
        weight = Weight.DOUBT if _SELLER in own.disagreements else None
        named = ", ".join(own.disagreements)
        yield noticed("INVOICE_CARRIERS_DISAGREE", DOCUMENT, weight=weight, fields=named)
    if own.arithmetic_errors:
        named = ", ".join(own.arithmetic_errors)
        yield noticed("INVOICE_ARITHMETIC_WRONG", DOCUMENT, codes=named)
    if own.number_errors:
        yield noticed("INVOICE_NUMBER_WRONG", DOCUMENT, codes=", ".join(own.number_errors))
    if own.tax_signature:
        yield noticed("TAX_SIGNATURE_UNVERIFIED", DOCUMENT)


def _folded(number: str | None) -> str:
    return "".join((number or "").split()).upper()


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
    return _vouched(case) and case.reading.signature is SignatureOutcome.VERIFIES


def _vouched(case: Case) -> bool:
    return case.seal is not None or case.chain.result is PathResult.VALID
