"""The pre-encoded CMS is the one `cades` builds, byte for byte, for every suite and length."""

import pytest
from asn1crypto import cms

from ca.errors import CaUnavailable
from sealsvc.documents.pdf import cades
from sealsvc.documents.pdf.cades import SignerMaterial
from sealsvc.documents.pdf.errors import SignatureTooLarge
from sealsvc.documents.pdf.fast.cms_template import CmsTemplate, template_for
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from tests.builders.pdf import chain_named
from tests.builders.x509 import DemoChain

SUITES = ("ecdsa-p256-sha256", "rsa2048-sha256", "rsa3072-sha256", "sm2-sm3")
DIGEST = bytes(range(32))


def _chain(suite: str) -> DemoChain:
    try:
        return chain_named(f"template-{suite}", suite)
    except CaUnavailable:
        pytest.skip("no provider of SM2 here")


def _both(suite: str) -> tuple[CmsTemplate, SignerMaterial]:
    chain = _chain(suite)
    certificates = (chain.leaf_der, (chain.issuing_der,))
    return CmsTemplate(*certificates, suite), SignerMaterial(*certificates, suite)


@pytest.mark.parametrize("suite", SUITES)
def test_same_bytes_as_the_builder(suite: str) -> None:
    template, material = _both(suite)
    tbs = template.signed_attributes(DIGEST)
    assert tbs == cades.signed_attributes(material, DIGEST)
    largest = template.largest_signature
    lengths = [largest] if suite.startswith("rsa") else range(largest - 8, largest + 1)
    for length in lengths:
        signature = bytes(i % 251 for i in range(length))

        value = bytes.fromhex(template.encode(DIGEST, signature).decode("ascii"))

        assert value == cades.signed_data(material, tbs, signature)


@pytest.mark.parametrize("suite", SUITES)
def test_room_is_exact(suite: str) -> None:
    template, material = _both(suite)

    assert template.room == 2 * (cades.largest_signed_data(material) + 2)
    full = template.contents(DIGEST, bytes(template.largest_signature))
    assert len(full) == template.room + 2
    assert full.endswith(b"0000>")


@pytest.mark.parametrize("extra", [1, 2, 400])
def test_overflow_is_an_error(extra: int) -> None:
    template, _ = _both("ecdsa-p256-sha256")

    with pytest.raises(SignatureTooLarge):
        template.contents(DIGEST, bytes(template.largest_signature + extra))
    with pytest.raises(SignatureTooLarge):
        template.contents(DIGEST, b"")


def test_attributes_are_sorted_and_complete() -> None:
    template, _ = _both("ecdsa-p256-sha256")

    attributes = cms.CMSAttributes.load(template.signed_attributes(DIGEST), strict=True)

    encoded = [one.dump() for one in attributes]
    assert encoded == sorted(encoded)
    assert [one["type"].native for one in attributes] == [
        "content_type",
        "cms_algorithm_protection",
        "message_digest",
        "signing_certificate_v2",
    ]


def test_unknown_digest_is_handed_on() -> None:
    chain = _chain("ecdsa-p256-sha256")

    with pytest.raises(NotUnderstood):
        CmsTemplate(chain.leaf_der, (), "ed25519")


def test_a_key_has_one_template() -> None:
    chain = _chain("ecdsa-p256-sha256")
    arguments = (chain.leaf_der, (chain.issuing_der,), "ecdsa-p256-sha256")

    assert template_for(*arguments) is template_for(*arguments)
