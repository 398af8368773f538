"""Attacks on PDFs with SM2: the service's own, and one by hand with a seal under GM.sm2seal."""

from collections.abc import Callable
from dataclasses import replace

from ca import sm2
from sealsvc.formats import encode
from tests.attacks.craft import cms_of, forged_text, revised, with_byte_range, with_cms
from tests.attacks.ofd.craft import VALUE, parts_of, tbs_items, value_of
from tests.attacks.ofd.kinds.kind import Kind, Make, said
from tests.attacks.ofd.kinds.values import numbers, pair
from tests.attacks.ofd.nation import Holder, Nation
from tests.builders import pdf, seals
from tests.builders.pdf import Revision

ROOM = 65_536
GAP = b"/ByteRange [0 0000000000 0000000000 0000000000]"
PDF, GM = "pdf", "gm"
BOTH, GMS = (PDF, GM), (GM,)
DIGEST = said("CONTENT_DIGEST_DIFFERS")


def gm_sealed(holder: Holder, nation: Nation, plain: bytes | None = None) -> bytes:
    """A PDF with a seal signature under the SubFilter of GM/T 0112, over all but the value."""
    step = Revision(plain or pdf.plain())
    value = step.new(
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /GM.sm2seal "
        + GAP
        + b" /Contents <"
        + b"0" * ROOM
        + b"> >>"
    )
    field = step.new(
        b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Seal-1) /Rect [0 0 0 0] /F 132 "
        b"/V %d 0 R /P %d 0 R >>" % (value, step.page)
    )
    step.add_key(step.page, b"/Annots [ %d 0 R ]" % field)
    form = step.new(b"<< /Fields [ %d 0 R ] /SigFlags 3 >>" % field)
    step.add_key(step.root, b"/AcroForm %d 0 R" % form)
    data = step.build()
    start = data.index(b"/Contents <") + len(b"/Contents ")
    end = start + ROOM + 2
    written = b"/ByteRange [0 %010d %010d %010d]" % (start, end, len(data) - end)
    data = data.replace(GAP, written)
    at = nation.past(minutes=1)
    loose = seals.loose(
        seal_der=holder.eseal_der,
        certificate_der=holder.certificate_der,
        signed_at=encode.generalized(at),
        data_hash=sm2.sm3(data[:start] + data[end:]),
        value=holder.sign,
        property_info=encode.ia5("pdf"),
    )
    digits = loose.der().hex().encode()
    return data[: start + 1] + digits.ljust(ROOM, b"0") + data[end - 1 :]


def contents(change: Callable[[Nation, bytes], bytes]) -> Make:
    """Another value in /Contents."""
    return lambda nation, data: with_cms(data, change(nation, cms_of(data)))


def tbs(index: int, element: bytes) -> Make:
    def change(nation: Nation, der: bytes) -> bytes:
        value = value_of(der)
        items = tbs_items(value)
        items[index] = element
        return replace(value, tbs=encode.sequence(*items)).der

    return contents(change)


def swapped(old: bytes, new: bytes) -> Make:
    """Bytes of equal length."""
    assert len(old) == len(new)

    def make(nation: Nation, data: bytes) -> bytes:
        assert old in data
        return data.replace(old, new)

    return make


def flipped(nation: Nation, data: bytes) -> bytes:
    return data.replace(b"1000.00", b"9000.00", 1)


def mirrored(nation: Nation, der: bytes) -> bytes:
    from sealsvc.formats.signing import SM2_ORDER

    value = value_of(der)
    r, s = numbers(value)
    return replace(value, value=encode.bits(pair(r, SM2_ORDER - s))).der


def other_certificate(nation: Nation, der: bytes) -> bytes:
    other = encode.octets(nation.holder(nation.seal_a).certificate_der)
    return replace(value_of(der), certificate=other).der


def narrow(nation: Nation, data: bytes) -> bytes:
    return with_byte_range(data, b"/ByteRange [0 10 20 30]")


def with_anothers_seal(nation: Nation, data: bytes) -> bytes:
    genuine = nation.holder(nation.seal_a).eseal_der
    return gm_sealed(replace(nation.thief, eseal_der=genuine), nation)


def with_own_maker(nation: Nation, data: bytes) -> bytes:
    from tests.attacks.ofd.kinds.values import registered_with_own_maker

    return gm_sealed(registered_with_own_maker(nation), nation)


def from_package(nation: Nation, data: bytes) -> bytes:
    """The seal signature of an OFD."""
    return with_cms(data, parts_of(nation.one)[VALUE])


def bare_value(nation: Nation, der: bytes) -> bytes:
    from sealsvc.formats import der as reader

    return reader.bits(reader.read_one(value_of(der).value), "value")


KINDS = (
    Kind("pdf-text-changed", flipped, DIGEST, BOTH),
    Kind("pdf-text-by-update", revised(forged_text), said("MODIFIED_AFTER_SIGNING"), BOTH),
    Kind("pdf-bytes-behind", lambda n, d: d + b"\n% more\n", said("MODIFIED_AFTER_SIGNING"), BOTH),
    Kind("pdf-range-narrow", narrow, frozenset(), BOTH),
    Kind("pdf-value-of-a-package", from_package, frozenset(), GMS),
    Kind("pdf-value-empty", contents(lambda n, d: b"\x30\0"), frozenset(), BOTH),
    Kind("pdf-value-cut", contents(lambda n, d: d[:-1]), frozenset(), BOTH),
    Kind("pdf-trailing-data", contents(lambda n, d: d + b"\1"), frozenset(), GMS),
    Kind(
        "pdf-sub-filter-other",
        swapped(b"/GM.sm2seal ", b"/GM.sm2cms  "),
        DIGEST | said("SUBFILTER_UNKNOWN"),
        GMS,
    ),
    Kind(
        "pdf-sub-filter-of-ofd",
        swapped(b"/GM.sm2seal ", b"/OFD.Seal.V4"[:11] + b" "),
        said("SUBFILTER_UNKNOWN", "CONTENT_DIGEST_NOT_CHECKED"),
        GMS,
    ),
    Kind("pdf-time-moved", tbs(2, encode.generalized(seals.AT)), frozenset(), GMS),
    Kind("pdf-hash-replaced", tbs(3, encode.bits(sm2.sm3(b"x"))), DIGEST, GMS),
    Kind("pdf-s-negated", contents(mirrored), said("SIGNATURE_VALUE_WRONG"), GMS),
    Kind("pdf-other-certificate", contents(other_certificate), said("SIG_SIGNER_NOT_IN_SEAL"), GMS),
    Kind("pdf-anothers-seal", with_anothers_seal, said("SIG_SIGNER_NOT_IN_SEAL"), GMS),
    Kind("pdf-own-maker", with_own_maker, said("ESEAL_NOT_AS_REGISTERED"), GMS),
    Kind("pdf-bare-value", contents(bare_value), frozenset(), GMS),
)
