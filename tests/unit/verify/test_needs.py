import pytest

from sealsvc.verify.judge import judge
from sealsvc.verify.needs import MAX_NEEDS, Needs, needs
from sealsvc.verify.policy import DEFAULT_POLICY
from tests.builders.evidence import T0, chain, lists, sound
from tests.builders.tsa import make_tsa, read_stamp
from tests.unit.verify.vectors.base import DAY

URL = "http://pki.example.test/pki"
ISSUING_CRL, ROOT_CRL = f"{URL}/issuing.crl", f"{URL}/root.crl"


def test_nothing_is_needed_where_all_is_at_hand() -> None:
    assert needs(sound().build()) == Needs()
    assert not needs(sound().build())


def test_lists_by_distribution_point() -> None:
    assert needs(sound().evidence(crls_der=()).build()) == Needs((), (ISSUING_CRL, ROOT_CRL))
    half = sound().evidence(crls_der=lists()[1:]).build()
    assert needs(half) == Needs((), (ISSUING_CRL,))
    ended = sound().evidence(validation_time=T0 + 2 * DAY).build()
    assert needs(ended).crls == (ISSUING_CRL, ROOT_CRL)


def test_embedded_lists_count() -> None:
    given = sound().evidence(crls_der=()).reading(crls_der=lists())
    assert not needs(given.build())


def test_issuers_by_authority_information_access() -> None:
    bare = sound().evidence(issuers_der=()).reading(certificates_der=())
    assert needs(bare.build()).issuers == (f"{URL}/issuing.cer",)
    known = bare.reading(certificates_der=(chain().issuing_der,))
    assert not needs(known.build()).issuers
    assert needs(known.evidence(anchors_der=()).build()).issuers == (f"{URL}/root.cer",)


def test_makers_of_time_stamps_need_theirs_too() -> None:
    far = make_tsa("far", chain_label="elsewhere")
    stamped = sound().stamped(read_stamp(T0, far)).reading(certificates_der=())
    with_issuer = stamped.evidence(
        issuers_der=(chain().issuing_der, chain("elsewhere").issuing_der)
    )
    assert needs(with_issuer.build()).crls


def test_findings_say_where_material_was_missing() -> None:
    report = judge(sound().evidence(crls_der=()).build(), DEFAULT_POLICY)
    said = " ".join(item.message("en") for item in report.findings)
    assert ISSUING_CRL in said
    bare = sound().evidence(issuers_der=()).reading(certificates_der=())
    said = " ".join(f.message() for f in judge(bare.build(), DEFAULT_POLICY).findings)
    assert f"{URL}/issuing.cer" in said


@pytest.mark.parametrize("der", [b"", b"junk", b"\x30\x03\x02\x01\x01"])
def test_hostile_bytes_need_nothing(der: bytes) -> None:
    given = sound().reading(signer_certificate_der=der, certificates_der=(der,))
    given = given.evidence(issuers_der=(der,), crls_der=(der,))
    assert not needs(given.build())


def test_needs_are_bounded() -> None:
    many = sound().evidence(crls_der=())
    for _ in range(3 * MAX_NEEDS):
        many = many.and_then()
    assert len(needs(many.build()).crls) <= MAX_NEEDS
