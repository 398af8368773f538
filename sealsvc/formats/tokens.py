"""The few fields of a time-stamp token that tell whether it is one, of what, and when.

Its signature and chain are judged elsewhere. Source: RFC 3161 section 2.4.2; GB/T 20520.
"""

from dataclasses import dataclass
from datetime import datetime

from sealsvc.formats import der
from sealsvc.formats.der import DerInvalid, Tlv
from sealsvc.formats.problems import Fault, Problems
from sealsvc.formats.signing import digest_of
from sealsvc.formats.times import der_time
from sealsvc.formats.values import DigestOutcome

SIGNED_DATA_OIDS = ("1.2.840.113549.1.7.2", "1.2.156.10197.6.1.4.2.2")
TST_INFO_OID = "1.2.840.113549.1.9.16.1.4"
IMPRINT_DIGESTS = {
    "1.2.156.10197.1.401": "sm3",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}


@dataclass(frozen=True)
class TokenImprint:
    """algorithm: a digest's name, None when unknown here. made_at: genTime."""

    algorithm: str | None
    value: bytes
    made_at: datetime | None


def read_token(token_der: bytes) -> TokenImprint:
    """The TSTInfo of a token. Raises: DerInvalid."""
    kind, content = der.parts(der.read_one(token_der), "token", 2, 2)
    if der.oid(kind, "token") not in SIGNED_DATA_OIDS:
        raise DerInvalid("token")
    signed = der.parts(der.explicit(content, der.CONTEXT_0, "token"), "token", 4, 6)
    inner_kind, inner = der.parts(signed[2], "token content", 2, 2)
    if der.oid(inner_kind, "token content") != TST_INFO_OID:
        raise DerInvalid("token content")
    info = der.octets(der.explicit(inner, der.CONTEXT_0, "token content"), "TSTInfo")
    return _tst_info(der.parts(der.read_one(info), "TSTInfo", 5, 10))


def _tst_info(items: tuple[Tlv, ...]) -> TokenImprint:
    algorithm, value = der.parts(items[2], "messageImprint", 2, 2)
    named = der.oid(der.parts(algorithm, "messageImprint", 1, 2)[0], "messageImprint")
    made = der.expect(items[4], der.GENERALIZED_TIME, "genTime")
    return TokenImprint(
        algorithm=IMPRINT_DIGESTS.get(named),
        value=der.octets(value, "messageImprint"),
        made_at=der_time(made.content, short_year=False).at,
    )


def token_time(token_der: bytes) -> datetime | None:
    """genTime of a token; None when it is none."""
    try:
        return read_token(token_der).made_at
    except DerInvalid:
        return None


def check_imprint(token_der: bytes, stamped: bytes, problems: Problems) -> DigestOutcome:
    """Is the token's imprint of the `stamped` octets? Faults go to `problems`."""
    try:
        imprint = read_token(token_der)
    except DerInvalid as error:
        problems.add(Fault.TIMESTAMP_INVALID, str(error))
        return DigestOutcome.NOT_CHECKED
    if imprint.algorithm is None:
        problems.add(Fault.TIMESTAMP_INVALID, "imprint algorithm")
        return DigestOutcome.NOT_CHECKED
    if digest_of(imprint.algorithm, stamped) != imprint.value:
        problems.add(Fault.TIMESTAMP_IMPRINT_MISMATCH)
        return DigestOutcome.DIFFERS
    return DigestOutcome.MATCHES
