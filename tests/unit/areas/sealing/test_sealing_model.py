from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealsvc.areas.access.model import NotYourEntity, ScopeMissing
from sealsvc.areas.sealing.model import (
    DeclarationInvalid,
    DigestMalformed,
    SealForUse,
    SealingRef,
    SealIsPhysical,
    SealNotActive,
    SealOutOfValidity,
    SealTypeNotAllowed,
    may_use,
    sealing_abandoned,
    sealing_authorised,
    sealing_completed,
    validate_declaration,
)
from sealsvc.areas.seals.model import types_for_role
from sealsvc.values import (
    Declaration,
    DocumentRole,
    Principal,
    Scope,
    SealId,
    SealMedium,
    SealStatus,
    SealType,
    SubjectKind,
)

OWNER = "91110000MA00000152"
OTHER = "113300000000000199"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
SEAL = SealForUse(
    SealId("seal_a"),
    OWNER,
    SealType.CONTRACT,
    SealMedium.ELECTRONIC,
    SealStatus.ACTIVE,
    NOW - timedelta(days=1),
    NOW + timedelta(days=1),
)
SIGNER = Principal("cli_a", "a", frozenset({Scope.SEAL_SIGN}), OWNER)
ORIGINAL, SEALED, TBS, VALUE = ("a0" * 32, "b1" * 32, "c2" * 32, "d3" * 32)
USE = SealingRef(
    "slg_1", SealId("seal_a"), OWNER, "0a1b", "cli_a", Declaration(DocumentRole.CONTRACT, "HT-1")
)


def test_the_owner_uses_an_active_seal() -> None:
    may_use(SEAL, SIGNER, DocumentRole.CONTRACT, NOW)


@pytest.mark.parametrize(("seal_type", "role"), list(product(SealType, DocumentRole)))
def test_types_and_roles(seal_type: SealType, role: DocumentRole) -> None:
    seal = replace(SEAL, seal_type=seal_type)
    if seal_type in types_for_role(role):
        may_use(seal, SIGNER, role, NOW)
        return
    with pytest.raises(SealTypeNotAllowed) as caught:
        may_use(seal, SIGNER, role, NOW)
    assert caught.value.fields == {"type": str(seal_type), "role": str(role)}


@pytest.mark.parametrize("seal_type", list(SealType))
def test_without_a_role_the_type_is_not_judged(seal_type: SealType) -> None:
    may_use(replace(SEAL, seal_type=seal_type), SIGNER, None, NOW)


@pytest.mark.parametrize("status", [s for s in SealStatus if s is not SealStatus.ACTIVE])
def test_every_other_state_is_refused(status: SealStatus) -> None:
    with pytest.raises(SealNotActive) as caught:
        may_use(replace(SEAL, status=status), SIGNER, None, NOW)
    assert caught.value.fields == {"status": str(status)}


@pytest.mark.parametrize("status", list(SealStatus))
def test_a_physical_seal_is_never_used(status: SealStatus) -> None:
    with pytest.raises(SealIsPhysical):
        may_use(
            replace(SEAL, medium=SealMedium.PHYSICAL, status=status),
            SIGNER,
            DocumentRole.CONTRACT,
            NOW,
        )


@pytest.mark.parametrize("at", [SEAL.valid_from, SEAL.valid_until - timedelta(microseconds=1)])
def test_validity_has_its_first_but_not_its_last_instant(at: datetime) -> None:
    may_use(SEAL, SIGNER, None, at)


@pytest.mark.parametrize(
    "at",
    [
        SEAL.valid_from - timedelta(microseconds=1),
        SEAL.valid_until,
        SEAL.valid_until + timedelta(days=400),
    ],
)
def test_outside_validity(at: datetime) -> None:
    with pytest.raises(SealOutOfValidity):
        may_use(SEAL, SIGNER, None, at)


@pytest.mark.parametrize(
    ("principal", "error"),
    [
        (replace(SIGNER, scopes=frozenset()), ScopeMissing),
        (replace(SIGNER, scopes=frozenset(Scope) - {Scope.SEAL_SIGN}), ScopeMissing),
        (replace(SIGNER, entity_uscc=OTHER), NotYourEntity),
        (replace(SIGNER, entity_uscc=None), NotYourEntity),
        (replace(SIGNER, entity_uscc=None, scopes=frozenset(Scope)), NotYourEntity),
    ],
)
@pytest.mark.parametrize("status", list(SealStatus))
def test_strangers_learn_nothing_of_the_seals_state(
    principal: Principal, error: type[Exception], status: SealStatus
) -> None:
    with pytest.raises(error):
        may_use(replace(SEAL, status=status), principal, DocumentRole.INVOICE, NOW)


def test_facts_of_documents_are_commitments_only() -> None:
    facts = (
        sealing_authorised(USE, original_sha256=ORIGINAL, tbs_sha256=TBS),
        sealing_completed(
            USE, original_sha256=ORIGINAL, sealed_sha256=SEALED, signature_sha256=VALUE
        ),
        sealing_abandoned(USE, original_sha256=ORIGINAL, reason="SELF_CHECK_FAILED"),
    )
    assert [fact.type for fact in facts] == [
        "sealing.authorised",
        "sealing.completed",
        "sealing.abandoned",
    ]
    for fact in facts:
        assert fact.public == {}
        assert fact.payload["declaration"] == {
            "role": "contract",
            "number": "HT-1",
            "partyUsccs": [],
        }
        assert fact.payload["by"] == "cli_a"
        assert [(s.kind, s.id) for s in fact.subjects[:3]] == [
            (SubjectKind.SEALING, "slg_1"),
            (SubjectKind.SEAL, "seal_a"),
            (SubjectKind.ENTITY, OWNER),
        ]
        assert OWNER not in str(fact.payload)


def test_completed_is_found_by_sealed_file_and_signature() -> None:
    fact = sealing_completed(
        USE, original_sha256=ORIGINAL, sealed_sha256=SEALED, signature_sha256=VALUE
    )
    assert fact.payload["digest"] == SEALED
    assert fact.payload["signatureDigest"] == VALUE
    assert [(s.kind, s.id) for s in fact.subjects[3:]] == [
        (SubjectKind.DOCUMENT, SEALED),
        (SubjectKind.SIGNATURE, VALUE),
    ]


def test_authorised_is_found_by_the_original() -> None:
    fact = sealing_authorised(USE, original_sha256=ORIGINAL, tbs_sha256=TBS)
    assert (fact.payload["originalDigest"], fact.payload["tbsDigest"]) == (ORIGINAL, TBS)
    assert "digest" not in fact.payload
    assert fact.subjects[3].id == ORIGINAL


@pytest.mark.parametrize(
    "digest", ["", "a0" * 31, "A0" * 32, "g0" * 32, "a0" * 32 + "\n", "a0" * 33]
)
def test_malformed_digests_never_reach_the_log(digest: str) -> None:
    with pytest.raises(DigestMalformed):
        sealing_authorised(USE, original_sha256=digest, tbs_sha256=TBS)
    with pytest.raises(DigestMalformed):
        sealing_authorised(USE, original_sha256=ORIGINAL, tbs_sha256=digest)
    with pytest.raises(DigestMalformed):
        sealing_completed(
            USE, original_sha256=ORIGINAL, sealed_sha256=digest, signature_sha256=VALUE
        )
    with pytest.raises(DigestMalformed):
        sealing_abandoned(USE, original_sha256=digest, reason="X")


def test_a_declaration_becomes_canonical() -> None:
    rough = Declaration(
        DocumentRole.INVOICE, " 0001 ", "91110000ma00000152", (OWNER.lower(), OTHER)
    )
    assert validate_declaration(rough) == Declaration(
        DocumentRole.INVOICE, "0001", OWNER, (OWNER, OTHER)
    )
    assert validate_declaration(Declaration()) == Declaration()


@pytest.mark.parametrize(
    ("declaration", "field"),
    [
        (Declaration(number=""), "number"),
        (Declaration(number="  "), "number"),
        (Declaration(number="x" * 101), "number"),
        (Declaration(number="a\nb"), "number"),
        (Declaration(number="a\u202eb"), "number"),
        (Declaration(seller_uscc=""), "sellerUscc"),
        (Declaration(seller_uscc="91110000MA00000153"), "sellerUscc"),
        (Declaration(party_usccs=("x",)), "partyUsccs"),
        (Declaration(party_usccs=(OWNER, OWNER.lower())), "partyUsccs"),
        (Declaration(party_usccs=(OWNER,) * 51), "partyUsccs"),
    ],
)
def test_refused_declarations(declaration: Declaration, field: str) -> None:
    with pytest.raises(DeclarationInvalid) as caught:
        validate_declaration(declaration)
    assert caught.value.fields["field"] == field


@given(st.text(max_size=150))
def test_any_number_is_refused_or_stable(number: str) -> None:
    try:
        once = validate_declaration(Declaration(number=number))
    except DeclarationInvalid:
        return
    assert validate_declaration(once) == once
