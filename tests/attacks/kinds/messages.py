"""Attacks on the CMS inside /Contents, the only bytes of a sealed file that no signature covers."""

from dataclasses import replace
from typing import Any

from asn1crypto import algos, cms, core, util, x509

from tests.attacks.craft import cms_of, edited_cms, leaf_of, with_cms, without_issuers
from tests.attacks.kinds.kind import BROKEN, INVOICE, REFUSED, Kind, Make
from tests.attacks.world import World
from tests.builders import pdf


def info_of(signed_data: Any) -> Any:
    return signed_data["signer_infos"][0]


def transplanted(world: World, data: bytes) -> bytes:
    """The value of another file sealed by the same service."""
    donor = cms_of(world.other)
    return with_cms(data, donor)


def other_signed_attributes(world: World, data: bytes) -> bytes:
    """Signed attributes of this file with the signature value of another."""
    mine, theirs = (cms.ContentInfo.load(cms_of(one)) for one in (data, world.other))
    value = info_of(theirs["content"])["signature"].native
    info_of(mine["content"])["signature"] = value
    return with_cms(data, mine.dump(force=True))


def own_certificate_for_signer(world: World, data: bytes) -> bytes:
    """The embedded certificate is one of the forger's with the same serial and issuer name."""
    info = cms.ContentInfo.load(cms_of(data))
    signed_data = info["content"]
    honest = leaf_of(signed_data)
    fake = x509.Certificate.load(pdf.chain_named("forger").leaf_der)
    tbs = fake["tbs_certificate"]
    tbs["serial_number"] = honest.serial_number
    tbs["issuer"] = honest.issuer
    tbs["subject"] = honest.subject
    signed_data["certificates"] = [x509.Certificate.load(fake.dump(force=True))]
    return with_cms(data, info.dump(force=True))


def second_signer_info(signed_data: Any) -> None:
    without_issuers(signed_data)
    one = info_of(signed_data)
    signed_data["signer_infos"] = [one, one.copy()]


def forgers_signer_info_first(world: World, data: bytes) -> bytes:
    """The forger's SignerInfo stands beside the honest one."""
    info = cms.ContentInfo.load(cms_of(data))
    signed_data = info["content"]
    honest = info_of(signed_data)
    signed_data["certificates"] = []
    fake = honest.copy()
    fake["signature"] = bytes(70)
    signed_data["signer_infos"] = [fake, honest]
    return with_cms(data, info.dump(force=True))


def no_signer_info(signed_data: Any) -> None:
    signed_data["signer_infos"] = []


def with_content(signed_data: Any) -> None:
    without_issuers(signed_data)
    signed_data["encap_content_info"] = {"content_type": "data", "content": b"honest words"}


def timestamp_content(signed_data: Any) -> None:
    signed_data["encap_content_info"] = {"content_type": "tst_info"}


def digest_named(name: str) -> Make:
    def change(signed_data: Any) -> None:
        info_of(signed_data)["digest_algorithm"] = algos.DigestAlgorithm({"algorithm": name})

    return edited_cms(change)


def signature_named(name: str) -> Make:
    def change(signed_data: Any) -> None:
        algorithm = algos.SignedDigestAlgorithm({"algorithm": name})
        info_of(signed_data)["signature_algorithm"] = algorithm
        # Some algorithms are written two bytes longer and the hole is exact: the issuer, which
        # nobody needs, makes room.
        signed_data["certificates"] = [signed_data["certificates"][0]]

    return edited_cms(change)


def without_signed_attributes(signed_data: Any) -> None:
    one = info_of(signed_data)
    kept = {
        key: one[key]
        for key in ("version", "sid", "digest_algorithm", "signature_algorithm", "signature")
    }
    signed_data["signer_infos"] = [cms.SignerInfo(kept)]


def without_attribute(kind: str) -> Make:
    def change(signed_data: Any) -> None:
        one = info_of(signed_data)
        one["signed_attrs"] = [a for a in one["signed_attrs"] if a["type"].native != kind]

    return edited_cms(change)


def another_digest(signed_data: Any) -> None:
    """The signed digest is replaced: what the value covers no longer fits."""
    for attribute in info_of(signed_data)["signed_attrs"]:
        if attribute["type"].native == "message_digest":
            attribute["values"] = [bytes(32)]


def attribute_twice(signed_data: Any) -> None:
    without_issuers(signed_data)
    one = info_of(signed_data)
    attributes = list(one["signed_attrs"])
    extra = cms.CMSAttribute({"type": "message_digest", "values": [bytes(32)]})
    one["signed_attrs"] = [*attributes, extra]


def no_certificates(signed_data: Any) -> None:
    signed_data["certificates"] = []


def other_serial(signed_data: Any) -> None:
    sid = info_of(signed_data)["sid"].chosen
    sid["serial_number"] = sid["serial_number"].native + 1


def changed_signature(change: Any) -> Make:
    """The ECDSA value r, s made into another one."""

    def make(signed_data: Any) -> None:
        without_issuers(signed_data)
        one = info_of(signed_data)
        numbers = core.SequenceOf.load(one["signature"].native, spec=core.Integer)
        r, s = (int(number) for number in numbers.native)
        one["signature"] = change(r, s)

    return edited_cms(make)


P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def der(*numbers: bytes) -> bytes:
    body = b"".join(b"\x02" + bytes([len(n)]) + n for n in numbers)
    return b"\x30" + bytes([len(body)]) + body


def integer(value: int, pad: int = 0) -> bytes:
    return bytes(pad) + bytes(util.int_to_bytes(value, signed=True))


def enveloped(world: World, data: bytes) -> bytes:
    info = cms.ContentInfo({"content_type": "data", "content": b"nothing signed"})
    return with_cms(data, info.dump())


# fmt: off
_KINDS = (
    Kind("cms-transplanted", "value of another sealed file", transplanted, BROKEN),
    Kind("cms-value-transplanted", "signature value of another file under own attributes",
         other_signed_attributes, BROKEN),
    Kind("cms-fake-certificate", "certificate swapped for a namesake", own_certificate_for_signer,
         BROKEN),
    Kind("cms-two-signer-infos", "SignerInfo twice", edited_cms(second_signer_info), REFUSED),
    Kind("cms-foreign-signer-info", "foreign SignerInfo beside the honest one",
         forgers_signer_info_first, REFUSED),
    Kind("cms-no-signer-info", "no SignerInfo", edited_cms(no_signer_info), REFUSED),
    Kind("cms-content", "content enclosed", edited_cms(with_content), REFUSED),
    Kind("cms-content-type", "type of a time-stamp", edited_cms(timestamp_content), REFUSED),
    Kind("cms-digest-sha1", "digest algorithm SHA-1", digest_named("sha1"), BROKEN),
    Kind("cms-digest-sha512", "digest algorithm SHA-512", digest_named("sha512"), BROKEN),
    Kind("cms-signature-rsa", "signature algorithm RSA", signature_named("sha256_rsa"), REFUSED),
    Kind("cms-signature-sha1", "signature algorithm with SHA-1", signature_named("sha1_ecdsa"),
         REFUSED),
    Kind("cms-signature-pss", "signature algorithm RSASSA-PSS", signature_named("rsassa_pss"),
         REFUSED),
    Kind("cms-no-attributes", "signed attributes left out", edited_cms(without_signed_attributes),
         REFUSED),
    Kind("cms-no-digest", "messageDigest left out", without_attribute("message_digest"), REFUSED),
    Kind("cms-no-binding", "signing certificate attribute left out",
         without_attribute("signing_certificate_v2"), REFUSED),
    Kind("cms-no-protection", "algorithm protection left out",
         without_attribute("cms_algorithm_protection"), REFUSED),
    Kind("cms-other-digest", "another messageDigest", edited_cms(another_digest), BROKEN),
    Kind("cms-digest-twice", "messageDigest twice", edited_cms(attribute_twice), REFUSED),
    Kind("cms-no-certificate", "signer's certificate left out", edited_cms(no_certificates),
         REFUSED),
    Kind("cms-other-serial", "signer named by another serial", edited_cms(other_serial), REFUSED),
    Kind("cms-not-signed-data", "no SignedData at all", enveloped, REFUSED),
    Kind("cms-value-zero", "r = s = 0",
         changed_signature(lambda r, s: der(b"\0", b"\0")), BROKEN),
    Kind("cms-value-order", "r = s = n",
         changed_signature(lambda r, s: der(*[integer(P256_ORDER)] * 2)), BROKEN),
    Kind("cms-value-swapped", "r and s swapped",
         changed_signature(lambda r, s: der(integer(s), integer(r))), BROKEN),
    Kind("cms-value-plus-order", "r + n, equal modulo n",
         changed_signature(lambda r, s: der(integer(r + P256_ORDER), integer(s))), BROKEN),
    Kind("cms-value-padded", "value with needless zeros: not DER",
         changed_signature(lambda r, s: der(integer(r, 3), integer(s))), BROKEN),
    Kind("cms-value-trailing", "bytes behind the value",
         changed_signature(lambda r, s: der(integer(r), integer(s)) + b"\0\0"), BROKEN),
    Kind("cms-value-raw", "value as r and s in raw form",
         changed_signature(lambda r, s: r.to_bytes(32) + s.to_bytes(32)), BROKEN),
)
# fmt: on
KINDS = tuple(replace(kind, bases=(INVOICE,)) for kind in _KINDS)
