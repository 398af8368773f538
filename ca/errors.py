"""Errors of the certificate engine: four families, each concrete error with a stable code.

`ca` knows nothing of the service above it, so these are its own families; `api/problems.py` has a
row for each (ARCHITECTURE section 8). Fields never hold a secret or key bytes.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

FieldValue = str | int | bool | None


class CaError(Exception):
    """Base of every error the engine raises. fields: facts one may show or log, no secrets."""

    code: ClassVar[str] = "CA_INTERNAL"

    def __init__(self, **fields: FieldValue) -> None:
        super().__init__(self.code, fields)
        self.fields: dict[str, FieldValue] = fields

    def __str__(self) -> str:
        named = ", ".join(f"{key}={value}" for key, value in self.fields.items())
        return f"{self.code}({named})"

    def __reduce__(self) -> tuple[Any, ...]:
        # The default calls the class with `args`, which a keyword-only __init__ refuses: an error
        # raised in a worker process would not survive the way home.
        return _revive, (type(self), self.args, self.__dict__)


def _revive(kind: type[CaError], args: tuple[Any, ...], state: dict[str, Any]) -> CaError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class CaBadInput(CaError):
    """What was handed in cannot be accepted, whatever the state."""

    code: ClassVar[str] = "CA_BAD_INPUT"


class CaConflict(CaError):
    """The call is well formed but the present state does not permit it."""

    code: ClassVar[str] = "CA_CONFLICT"


class CaUnavailable(CaError):
    """A key, a key-encryption key or their store cannot be used for now."""

    code: ClassVar[str] = "CA_UNAVAILABLE"


class CaInternal(CaError):
    """A promise of the engine or of its key store is broken; nothing the caller can mend."""

    code: ClassVar[str] = "CA_INTERNAL"


class UnknownSuite(CaBadInput):
    """No row of the suite table answers to this name, key or algorithm identifier."""

    code = "UNKNOWN_SUITE"


class PublicKeyInvalid(CaBadInput):
    """The SubjectPublicKeyInfo is not canonical DER of a key some suite knows."""

    code = "PUBLIC_KEY_INVALID"


class SignatureDoesNotMatch(CaBadInput):
    """The signature is not the key's over these bytes."""

    code = "SIGNATURE_DOES_NOT_MATCH"


class UnknownProfile(CaBadInput):
    """No certificate profile has this name."""

    code = "UNKNOWN_PROFILE"


class NameInvalid(CaBadInput):
    """A subject's text cannot be encoded: lone surrogates, or non-ASCII in country or code."""

    code = "NAME_INVALID"


class IssuerUnusable(CaBadInput):
    """The certificate offered as issuer is unreadable or may not sign certificates and CRLs."""

    code = "ISSUER_UNUSABLE"


class SerialInvalid(CaBadInput):
    """Too few random bytes were given for a serial number."""

    code = "SERIAL_INVALID"


class TimeNotAware(CaBadInput):
    """A time without a zone was given; every time is an aware UTC time."""

    code = "TIME_NOT_AWARE"


class SignedObjectInvalid(CaBadInput):
    """The bytes are not the strict DER of one certificate or CRL."""

    code = "SIGNED_OBJECT_INVALID"


class CrlUnsupported(CaBadInput):
    """A CRL carries a critical extension this engine does not understand, or is a delta."""

    code = "CRL_UNSUPPORTED"


@dataclass(frozen=True)
class LintFinding:
    """One clause that is not met. lint: the lint's name; clause: its source."""

    lint: str
    clause: str
    message: str


class LintFailed(CaBadInput):
    """What was to be signed breaks at least one clause; nothing has been signed."""

    code = "LINT_FAILED"

    def __init__(self, findings: tuple[LintFinding, ...]) -> None:
        super().__init__(lints=", ".join(finding.lint for finding in findings))
        self.findings = findings


class PreparedAlreadySigned(CaConflict):
    """The one signature this prepared object allows has been asked for before."""

    code = "PREPARED_ALREADY_SIGNED"


class SignerMismatch(CaConflict):
    """The signer's key or suite is not the one the object was prepared for."""

    code = "SIGNER_MISMATCH"


class KeyNotFound(CaUnavailable):
    """The store holds no key under this reference."""

    code = "KEY_NOT_FOUND"


class KekMissing(CaUnavailable):
    """No key-encryption key was given, or not the one that a key file names."""

    code = "KEK_MISSING"


class KekUnsafe(CaUnavailable):
    """The key-encryption key's file is not a regular file, ours alone, with mode 0600."""

    code = "KEK_UNSAFE"


class KekInvalid(CaUnavailable):
    """The key-encryption key is not 64 hexadecimal digits (256 bits)."""

    code = "KEK_INVALID"


class KekExists(CaConflict):
    """A key-encryption key would overwrite a file that is there."""

    code = "KEK_EXISTS"


class KeyStoreUnsafe(CaUnavailable):
    """The key directory or a key file belongs to, or is open to, someone else."""

    code = "KEY_STORE_UNSAFE"


class KeyWrapCorrupt(CaInternal):
    """A key file was changed, exchanged for another, or is not in the form we write."""

    code = "KEY_WRAP_CORRUPT"


class KeyIdTaken(CaInternal):
    """A fresh random key id exists already: the random source repeats itself."""

    code = "KEY_ID_TAKEN"


class SignerBroken(CaInternal):
    """A signer's fresh signature does not verify under its own public key; it is thrown away."""

    code = "SIGNER_BROKEN"
