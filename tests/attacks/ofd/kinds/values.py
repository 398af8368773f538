"""Attacks on the seal signature: DER surgery, exchanged seals and certificates, makers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from ca import sm2
from sealsvc.formats import encode, parse_seal
from sealsvc.formats.signing import SM2_ORDER
from tests.attacks.ofd.craft import (
    VALUE,
    Forgery,
    Value,
    forged,
    packed,
    parts_of,
    tbs_items,
    value_of,
)
from tests.attacks.ofd.kinds.kind import (
    ALL,
    HASH,
    MALFORMED,
    VALUE_WRONG,
    Kind,
    Make,
    said,
)
from tests.attacks.ofd.nation import Holder, Nation, plain_ofd
from tests.builders import seals

FOREIGN = said("SIG_SIGNER_NOT_IN_SEAL")


def surgery(change: Callable[[Value], bytes]) -> Make:
    """The value taken apart and put together otherwise."""

    def make(nation: Nation, data: bytes) -> bytes:
        parts = parts_of(data)
        parts[VALUE] = change(value_of(parts[VALUE]))
        return packed(parts)

    return make


def tbs(index: int, element: bytes | Callable[[bytes], bytes]) -> Make:
    """Another element of TBS_Sign."""

    def change(value: Value) -> bytes:
        items = tbs_items(value)
        items[index] = element if isinstance(element, bytes) else element(items[index])
        return replace(value, tbs=encode.sequence(*items)).der

    return surgery(change)


def numbers(value: Value) -> tuple[int, int]:
    from sealsvc.formats import der

    inner = der.read_one(der.bits(der.read_one(value.value), "value"))
    r, s = inner.children()
    return int.from_bytes(r.content, "big"), int.from_bytes(s.content, "big")


def with_numbers(change: Callable[[int, int], bytes]) -> Make:
    return surgery(lambda value: replace(value, value=encode.bits(change(*numbers(value)))).der)


def pair(r: int, s: int) -> bytes:
    return encode.sequence(encode.integer(r), encode.integer(s))


def padded(r: int, s: int) -> bytes:
    """r with a needless zero in front."""
    plain = encode.integer(r)
    return encode.sequence(encode.tlv(2, b"\0" + plain[2:]), encode.integer(s))


def outer(change: Callable[[bytes], bytes]) -> Make:
    def make(nation: Nation, data: bytes) -> bytes:
        parts = parts_of(data)
        parts[VALUE] = change(parts[VALUE])
        return packed(parts)

    return make


def indefinite(der: bytes) -> bytes:
    return b"\x30\x80" + der[4:] + b"\0\0"


def other_certificate(nation: Nation, data: bytes) -> bytes:
    other = encode.octets(nation.thief.certificate_der)
    return surgery(lambda value: replace(value, certificate=other).der)(nation, data)


def same_key_certificate(nation: Nation, data: bytes) -> bytes:
    """A certificate of the forger's CA for the honest key."""
    value = value_of(parts_of(data)[VALUE])
    from sealsvc.formats import der
    from sealsvc.formats.certificate import read_certificate

    honest = der.octets(der.read_one(value.certificate), "cert")
    made = seals.make_certificate("attack", spki_der=read_certificate(honest).spki_der)
    other = encode.octets(made)
    return surgery(lambda one: replace(one, certificate=other).der)(nation, data)


def other_eseal(nation: Nation, data: bytes) -> bytes:
    return tbs(1, nation.thief.eseal_der)(nation, data)


def v5_header(value: bytes) -> bytes:
    return encode.integer(5)


def by(holder: Callable[[Nation], Holder], **options: object) -> Make:
    """A fresh document signed by somebody, everything in honest order."""

    def make(nation: Nation, data: bytes) -> bytes:
        parts = parts_of(plain_ofd(text="第一条 借款五百万元。"))
        how = Forgery(holder(nation), nation.past(minutes=5), **options)  # type: ignore[arg-type]
        return packed(forged(parts, how))

    return make


def own_maker(nation: Nation, signer: Holder, **changed: object) -> Holder:
    """The signer's own certificate in a seal of a maker of his own, with A's picture."""
    honest = parse_seal(nation.holder(nation.seal_a).eseal_der)
    seal = seals.make_seal(
        seal_id=honest.seal_id,
        name=honest.property.name,
        certificates_der=(signer.certificate_der,),
        picture=honest.image.data,
        created_at=nation.past(days=10),
        valid_from=nation.past(days=10),
        valid_to=nation.past() + timedelta(days=100),
        **changed,
    )
    return replace(signer, eseal_der=seal)


def registered_with_own_maker(nation: Nation) -> Holder:
    return own_maker(nation, nation.thief)


def registered_with_anothers_seal(nation: Nation) -> Holder:
    """B signs with A's genuine electronic seal."""
    return replace(nation.thief, eseal_der=nation.holder(nation.seal_a).eseal_der)


def stranger() -> Holder:
    return Holder(seals.certificate("stranger"), seals.key("stranger").sign, b"")


def stranger_with_genuine_seal(nation: Nation) -> Holder:
    return replace(stranger(), eseal_der=nation.holder(nation.seal_a).eseal_der)


def maker_is_signer(nation: Nation) -> Holder:
    """A seal that B made for himself with his own true certificate."""
    thief = nation.thief
    spec = seals.seal_spec(
        seal_id=parse_seal(thief.eseal_der).seal_id,
        certificates_der=(thief.certificate_der,),
        maker_certificate_der=thief.certificate_der,
        created_at=nation.past(days=10),
        valid_from=nation.past(days=10),
        valid_to=nation.past() + timedelta(days=100),
    )
    from sealsvc.formats.issue import finish_seal, prepare_seal

    prepared = prepare_seal(spec)
    return replace(thief, eseal_der=finish_seal(prepared, thief.sign(prepared.tbs)))


def repictured(nation: Nation) -> Holder:
    """The genuine seal with another picture; the maker's signature is of the old one."""
    genuine = nation.thief.eseal_der
    picture = parse_seal(genuine).image.data
    changed = genuine.replace(picture, picture[:-1] + bytes([picture[-1] ^ 1]))
    assert changed != genuine
    return replace(nation.thief, eseal_der=changed)


def expired(nation: Nation, data: bytes) -> bytes:
    """A true seal used at a time before it was valid."""
    parts = parts_of(plain_ofd())
    return packed(forged(parts, Forgery(nation.thief, nation.past(days=400))))


def in_future(nation: Nation, data: bytes) -> bytes:
    parts = parts_of(plain_ofd())
    return packed(forged(parts, Forgery(nation.thief, nation.past(days=-400))))


def timestamped(token: Callable[[bytes], bytes]) -> Make:
    from sealsvc.formats import der

    def change(value: Value) -> bytes:
        inner = der.bits(der.read_one(value.value), "value")
        after = encode.tlv(0xA0, encode.bits(token(inner)))
        return replace(value, after=after).der

    return surgery(change)


def with_idle_token(nation: Nation, data: bytes) -> bytes:
    """A token that nobody vouches for proves nothing and spoils nothing."""
    return timestamped(seals.make_token)(nation, data)


OTHER_OID = encode.oid("1.2.156.10197.1.502")
RSA_OID = encode.oid("1.2.840.113549.1.1.11")
KINDS = (
    Kind("time-moved", tbs(2, encode.generalized(seals.AT)), VALUE_WRONG, ALL),
    Kind("data-hash-replaced", tbs(3, encode.bits(sm2.sm3(b"x"))), VALUE_WRONG),
    Kind("data-hash-zero", tbs(3, encode.bits(bytes(32))), HASH),
    Kind("data-hash-short", tbs(3, encode.bits(b"")), HASH),
    Kind(
        "property-info-replaced",
        tbs(4, encode.ia5("/Doc_0/Signs/Sign_1/Signature.xml")),
        said("OFD_PROPERTY_INFO_MISMATCH"),
    ),
    Kind("header-v5", tbs(0, v5_header), said("SIG_VERSION_UNSUPPORTED")),
    Kind("seal-of-another", other_eseal, FOREIGN | said("SIG_VERSION_UNSUPPORTED"), ALL),
    Kind("certificate-of-another", other_certificate, FOREIGN, ALL),
    Kind("certificate-of-the-same-key", same_key_certificate, FOREIGN),
    Kind("s-negated", with_numbers(lambda r, s: pair(r, SM2_ORDER - s)), VALUE_WRONG),
    Kind("r-negated", with_numbers(lambda r, s: pair(SM2_ORDER - r, s)), VALUE_WRONG),
    Kind("s-beyond-order", with_numbers(lambda r, s: pair(r, s + SM2_ORDER)), VALUE_WRONG),
    Kind("r-zero", with_numbers(lambda r, s: pair(0, s)), VALUE_WRONG),
    Kind("both-one", with_numbers(lambda r, s: pair(1, 1)), VALUE_WRONG),
    Kind("r-padded", with_numbers(padded), VALUE_WRONG),
    Kind(
        "algorithm-unknown",
        surgery(lambda v: replace(v, algorithm=OTHER_OID).der),
        said("SIG_ALGORITHM_UNSUPPORTED"),
    ),
    Kind(
        "algorithm-rsa",
        surgery(lambda v: replace(v, algorithm=RSA_OID).der),
        said("SIG_ALGORITHM_UNSUPPORTED"),
    ),
    Kind("trailing-bytes", outer(lambda der: der + b"\0"), MALFORMED),
    Kind("indefinite-length", outer(indefinite), MALFORMED),
    Kind("long-length", outer(lambda der: b"\x30\x83\0" + der[2:]), MALFORMED),
    Kind("cut-value", outer(lambda der: der[:-1]), MALFORMED),
    Kind("token-garbage", timestamped(lambda _: b"\x30\x03abc"), said("SIG_TIMESTAMP_INVALID")),
    Kind(
        "token-of-another",
        timestamped(lambda _: seals.make_token(b"other")),
        said("SIG_TIMESTAMP_IMPRINT_MISMATCH"),
    ),
    Kind(
        "registered-with-own-maker", by(registered_with_own_maker), said("ESEAL_NOT_AS_REGISTERED")
    ),
    Kind("registered-with-anothers-seal", by(registered_with_anothers_seal), FOREIGN),
    Kind("stranger-with-genuine-seal", by(stranger_with_genuine_seal), FOREIGN),
    Kind("maker-is-signer", by(maker_is_signer), said("ESEAL_NOT_AS_REGISTERED")),
    Kind("seal-repictured", by(repictured), said("SEAL_SIGNATURE_INVALID")),
    Kind("before-the-seal-was", expired, said("SIG_TIME_OUTSIDE_SEAL_VALIDITY")),
    Kind("in-future", in_future, said("SIGNING_TIME_IN_FUTURE")),
)
