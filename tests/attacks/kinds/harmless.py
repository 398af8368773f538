"""Changes of bytes that no signature covers and that mean nothing: not attacks, but no gain."""

from collections.abc import Callable

from asn1crypto import cms, core

from tests.attacks.craft import cms_of, edited_cms, hole_of, with_cms, without_issuers
from tests.attacks.kinds.messages import P256_ORDER, changed_signature, der, integer
from tests.attacks.world import World


def upper_case(data: bytes) -> bytes:
    hole = hole_of(data)
    return data[: hole.start] + data[hole.start : hole.end].upper() + data[hole.end :]


def without_issuer(data: bytes) -> bytes:
    return edited_cms(without_issuers)(None, data)


def unknown_unsigned_attribute(data: bytes) -> bytes:
    info = cms.ContentInfo.load(cms_of(data))
    without_issuers(info["content"])
    attribute = cms.CMSAttribute({"type": "1.2.3.4.5", "values": [core.OctetString(b"x")]})
    info["content"]["signer_infos"][0]["unsigned_attrs"] = [attribute]
    return with_cms(data, info.dump(force=True))


def garbage_timestamp(data: bytes) -> bytes:
    """A token that is none proves nothing and spoils nothing."""
    info = cms.ContentInfo.load(cms_of(data))
    without_issuers(info["content"])
    token = cms.ContentInfo({"content_type": "data", "content": b"no token"})
    attribute = cms.CMSAttribute({"type": "signature_time_stamp_token", "values": [token]})
    info["content"]["signer_infos"][0]["unsigned_attrs"] = [attribute]
    return with_cms(data, info.dump(force=True))


def indefinite(data: bytes) -> bytes:
    """The outermost SEQUENCE with an indefinite length; honest software writes it (EU's DSS)."""
    value = cms_of(without_issuer(data))
    assert value[:2] == b"\x30\x82"
    return with_cms(data, b"\x30\x80" + value[4:] + b"\0\0")


def mirrored(world: World, data: bytes) -> bytes:
    """(r, n - s): as good a signature of the same bytes, but another value."""
    return changed_signature(lambda r, s: der(integer(r), integer(P256_ORDER - s)))(world, data)


HARMLESS: dict[str, Callable[[bytes], bytes]] = {
    "hexadecimal in upper case": upper_case,
    "issuer's certificate left out": without_issuer,
    "unknown unsigned attribute": unknown_unsigned_attribute,
    "garbage time-stamp": garbage_timestamp,
    "indefinite length": indefinite,
}
