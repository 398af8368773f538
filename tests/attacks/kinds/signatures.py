"""Universal signature forgery (USF): the dictionary is broken so that a check is skipped.

Source: Mladenov et al., "1 Trillion Dollar Refund: How To Spoof PDF Signatures" (CCS 2019).
"""

import re
from collections.abc import Callable
from dataclasses import replace

from tests.attacks.craft import (
    byte_range,
    cms_of,
    forged_text,
    hole_of,
    revised,
    signature_number,
    with_byte_range,
    with_hex,
)
from tests.attacks.kinds.kind import BROKEN, CONTRACT, INVOICE, Kind
from tests.attacks.world import World
from tests.builders.pdf import Revision

# Whatever a rewritten dictionary says: the file was changed after the honest signature.
Body = Callable[[bytes], bytes]


def rewritten(change: Body) -> Callable[[World, bytes], bytes]:
    """A revision with another text whose signature dictionary is damaged in one way."""

    def edit(step: Revision) -> None:
        number = signature_number(step)
        body = step.bodies[number]
        damaged = change(body)
        assert damaged != body, body[:400]
        step.put(number, damaged)
        forged_text(step)

    return revised(edit)


def entry(key: bytes, value: bytes | None) -> Body:
    """The entry with another value, or without it."""

    def change(body: bytes) -> bytes:
        new = b"" if value is None else b"/%b %b" % (key, value)
        return re.sub(rb"/%b (\[[^\]]*\]|<[^>]*>|/[\w.]+)" % key, lambda _: new, body, count=1)

    return change


def whole_file(world: World, data: bytes) -> bytes:
    """The copied signature claims to cover the new file as well."""
    make = rewritten(entry(b"ByteRange", b"[0 1000000000 1000000000 1000000000]"))
    built = make(world, data)
    hole = built.rindex(b"/Contents <") + len(b"/Contents ")
    end = built.index(b">", hole) + 1
    claim = b"/ByteRange [0 %d %d %d]" % (hole, end, len(built) - end)
    old = b"/ByteRange [0 1000000000 1000000000 1000000000]"
    return built.replace(old, claim.ljust(len(old)))


def in_place(key: bytes, new: bytes) -> Callable[[World, bytes], bytes]:
    def make(world: World, data: bytes) -> bytes:
        at = data.rindex(key)
        return data[:at] + new + data[at + len(new) :]

    return make


def null_range(world: World, data: bytes) -> bytes:
    return with_byte_range(data, b"/ByteRange null")


def gap_from_start(world: World, data: bytes) -> bytes:
    ranges, _ = byte_range(data)
    return with_byte_range(data, b"/ByteRange [0 0 %d %d]" % (ranges[2], ranges[3]))


def negative(world: World, data: bytes) -> bytes:
    ranges, _ = byte_range(data)
    return with_byte_range(data, b"/ByteRange [0 %d -%d %d]" % (ranges[1], ranges[2], ranges[3]))


def zeroed(world: World, data: bytes) -> bytes:
    return with_hex(data, b"")


def sequence_only(world: World, data: bytes) -> bytes:
    return with_hex(data, b"3000")


def truncated_value(world: World, data: bytes) -> bytes:
    return with_hex(data, cms_of(data)[:-40].hex().encode())


def twice_the_value(world: World, data: bytes) -> bytes:
    """Non-zero bytes behind the DER, where only padding may stand."""
    hole = hole_of(data)
    return data[: hole.end - 5] + b"41" * 2 + data[hole.end - 1 :]


# fmt: off
_KINDS = (
    Kind("usf-range-missing", "ByteRange left out", rewritten(entry(b"ByteRange", None))),
    Kind("usf-range-null", "ByteRange null", rewritten(entry(b"ByteRange", b"null"))),
    Kind("usf-range-empty", "ByteRange []", rewritten(entry(b"ByteRange", b"[]"))),
    Kind("usf-range-zero", "ByteRange of nothing", rewritten(entry(b"ByteRange", b"[0 0 0 0]"))),
    Kind("usf-range-name", "ByteRange a name", rewritten(entry(b"ByteRange", b"/Hello"))),
    Kind("usf-range-nulls", "ByteRange of nulls",
         rewritten(entry(b"ByteRange", b"[null null null null]"))),
    Kind("usf-range-reals", "ByteRange of reals",
         rewritten(entry(b"ByteRange", b"[0.0 10.5 20.5 10.0]"))),
    Kind("usf-range-strings", "ByteRange of strings",
         rewritten(entry(b"ByteRange", b"[(0) (10) (20) (10)]"))),
    Kind("usf-range-huge", "ByteRange far beyond the file",
         rewritten(entry(b"ByteRange", b"[0 99999999999999999999 5 99999999999999999999]"))),
    Kind("usf-range-minus", "ByteRange with a negative length",
         rewritten(entry(b"ByteRange", b"[0 -1 5 -1]"))),
    Kind("usf-range-whole-file", "copied signature that claims the whole new file", whole_file,
         BROKEN | {"INDETERMINATE"}),
    Kind("usf-contents-missing", "Contents left out", rewritten(entry(b"Contents", None))),
    Kind("usf-contents-null", "Contents null", rewritten(entry(b"Contents", b"null"))),
    Kind("usf-contents-empty", "Contents <>", rewritten(entry(b"Contents", b"<>"))),
    Kind("usf-contents-zero", "Contents <00>", rewritten(entry(b"Contents", b"<00>"))),
    Kind("usf-contents-name", "Contents a name", rewritten(entry(b"Contents", b"/Nothing"))),
    Kind("usf-subfilter-missing", "SubFilter left out", rewritten(entry(b"SubFilter", None))),
    Kind("usf-subfilter-x509", "SubFilter adbe.x509.rsa_sha1",
         rewritten(entry(b"SubFilter", b"/adbe.x509.rsa_sha1"))),
    Kind("usf-type-missing", "Type left out", rewritten(entry(b"Type", b"/Nothing"))),
    Kind("usf-range-null-in-place", "ByteRange null in the signed bytes", null_range),
    Kind("usf-range-from-start", "first range empty in the signed bytes", gap_from_start),
    Kind("usf-range-negative-in-place", "negative offset in the signed bytes", negative),
    Kind("usf-contents-zeroed", "signature value zeroed", zeroed),
    Kind("usf-contents-sequence", "signature value an empty SEQUENCE", sequence_only),
    Kind("usf-contents-truncated", "signature value cut short", truncated_value),
    Kind("usf-contents-trailing", "bytes behind the signature value", twice_the_value),
    Kind("usf-subfilter-in-place", "SubFilter renamed in the signed bytes",
         in_place(b"ETSI.CAdES.detached", b"adbe.pkcs7.detached")),
)
# fmt: on
KINDS = tuple(replace(kind, bases=(INVOICE, CONTRACT)) for kind in _KINDS)
