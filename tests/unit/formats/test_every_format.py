"""One suite over every seal format: what each must read, tell apart and refuse."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from ca.sm2 import sm3
from sealsvc.formats import (
    SEAL_FORMATS,
    ObjectKind,
    SealFormat,
    SealFormatInvalid,
    detect,
    parse_seal,
    parse_signature,
)
from sealsvc.formats.check import check_seal, check_signature, compare_original, seal_file_problem
from sealsvc.formats.problems import failing_codes
from sealsvc.formats.shape import SealShape
from sealsvc.formats.values import DigestOutcome, SealVersion, SignatureOutcome
from tests.builders import seals


@dataclass(frozen=True)
class Samples:
    seal: Callable[[], bytes]
    signature: Callable[[], bytes]


def _modern(version: SealVersion) -> Samples:
    def seal() -> bytes:
        return seals.make_seal(version=version)

    return Samples(seal, lambda: seals.make_signature(seal_der=seal()))


MADE = {
    SealVersion.V1: Samples(seals.V1().seal, seals.V1().signature),
    SealVersion.V4: _modern(SealVersion.V4),
    SealVersion.V5: _modern(SealVersion.V5),
}
every_format = pytest.mark.parametrize("one", SEAL_FORMATS, ids=lambda one: one.name)


@every_format
def test_a_good_seal_reads_and_holds(one: SealFormat) -> None:
    data = MADE[one.version].seal()
    assert detect(data) is ObjectKind.SEAL
    parsed = parse_seal(data)
    reading = check_seal(parsed)
    assert (parsed.version, parsed.der, parsed.warnings) == (one.version, data, ())
    assert reading.maker_signature is SignatureOutcome.VERIFIES
    assert reading.problems == ()
    assert reading.signer_listed is None
    assert reading.maker_certificate_der == seals.certificate("maker")
    assert reading.picture == seals.PNG
    assert reading.picture_type == "png"


@every_format
def test_a_good_signature_reads_and_holds(one: SealFormat) -> None:
    data = MADE[one.version].signature()
    assert detect(data) is ObjectKind.SIGNATURE
    reading = check_signature(parse_signature(data))
    assert reading.signature is SignatureOutcome.VERIFIES
    assert failing_codes(reading) == ()
    assert reading.eseal.signer_listed is True
    assert reading.signed_at == seals.AT
    assert reading.time_is_self_declared
    assert reading.signer_certificate_der == seals.certificate("signer")
    assert reading.property_info == seals.SCOPE
    assert compare_original(reading, sm3(seals.ORIGINAL)) is DigestOutcome.MATCHES
    assert compare_original(reading, sm3(b"another")) is DigestOutcome.DIFFERS
    assert compare_original(reading, bytes(32)) is DigestOutcome.DIFFERS


@every_format
def test_exactly_one_format_claims_a_shape(one: SealFormat) -> None:
    shapes = [
        SealShape(elements, stamped, header)
        for elements in range(7)
        for stamped in (False, True)
        for header in range(13)
    ]
    mine = [shape for shape in shapes if one.sniff(shape)]
    assert mine
    for shape in mine:
        assert sum(other.sniff(shape) for other in SEAL_FORMATS) == 1


@every_format
def test_a_seal_is_no_signature_and_the_reverse(one: SealFormat) -> None:
    samples = MADE[one.version]
    with pytest.raises(SealFormatInvalid) as caught:
        parse_seal(samples.signature())
    assert caught.value.code == "SEAL_FORMAT_INVALID"
    with pytest.raises(SealFormatInvalid) as caught:
        parse_signature(samples.seal())
    assert caught.value.code == "SIG_FORMAT_INVALID"


@every_format
def test_every_changed_byte_of_what_was_signed_is_noticed(one: SealFormat) -> None:
    """Bytes of TBS_Sign outside the embedded seal; the seal's own go to its own signature."""
    data = MADE[one.version].signature()
    parsed = parse_signature(data)
    at = data.index(parsed.data_hash)
    changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    reading = check_signature(parse_signature(changed))
    assert reading.signature is SignatureOutcome.FAILS
    assert failing_codes(reading) == ("SIG_SIGNATURE_INVALID",)
    at = data.index(seals.PNG) + len(seals.PNG) - 1
    changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    reading = check_signature(parse_signature(changed))
    assert reading.signature is SignatureOutcome.FAILS
    assert reading.eseal.maker_signature is SignatureOutcome.FAILS
    assert failing_codes(reading) == ("SIG_SIGNATURE_INVALID", "SEAL_SIGNATURE_INVALID")


@every_format
def test_a_seal_swapped_beside_the_signature(one: SealFormat) -> None:
    seal = MADE[one.version].seal()
    reading = check_signature(parse_signature(MADE[one.version].signature()))
    again = MADE[one.version].seal()  # the same content, signed anew
    problem = seal_file_problem(reading.eseal, again)
    assert seal != again
    assert problem is not None
    assert problem.code == "OFD_SEAL_FILE_MISMATCH"
    embedded = parse_signature(MADE[one.version].signature()).seal.der
    assert seal_file_problem(reading.eseal, embedded) is not None
    assert seal_file_problem(reading.eseal, b"") is not None


def test_the_embedded_seal_is_the_file_beside_it() -> None:
    parsed = parse_signature(seals.make_signature())
    assert seal_file_problem(check_seal(parsed.seal), seals.default_seal()) is None
