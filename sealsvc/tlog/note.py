"""Signed notes: text, signature lines, opening with known keys, signing through callables.

Source: C2SP signed-note; transparency-log section 3.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sealsvc.tlog import TlogError
from sealsvc.tlog.encoding import MAX_NUMBER, b64, unb64
from sealsvc.tlog.keys import (
    COSIGNATURE_TYPES,
    KeyInvalid,
    KeyType,
    SignatureInvalid,
    VerifierKey,
    check_key_name,
    cosignature_message,
)

MAX_SIGNATURES: Final = 100
MAX_NOTE_BYTES: Final = 1_000_000

_LINE_START: Final = "\u2014 "


class NoteInvalid(TlogError):
    """Bytes are not a signed note, or no known key signed it, or a known key's line fails.

    field `reason`: `malformed`, `signature` or `unverified`.
    """

    code = "NOTE_INVALID"


@dataclass(frozen=True)
class NoteSignature:
    """One signature line. signature: the bytes after the 4-byte key id."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> bytes:
        """The line with its final LF, in canonical base64."""
        return f"{_LINE_START}{self.name} {b64(self.key_id + self.signature)}\n".encode()


@dataclass(frozen=True)
class Note:
    """A note taken apart, nothing verified. text: the signed bytes, with their final LF."""

    text: bytes
    signatures: tuple[NoteSignature, ...]


@dataclass(frozen=True)
class Verified:
    """A key whose signature verified; at_s: POSIX seconds of a cosignature, None when untimed."""

    key: VerifierKey
    at_s: int | None


@dataclass(frozen=True)
class OpenedNote:
    """A note with at least one verified signature; unknown signers are listed, not trusted."""

    text: bytes
    verified: tuple[Verified, ...]
    unverified: tuple[NoteSignature, ...]


@dataclass(frozen=True)
class NoteSigner:
    """A key that signs notes: `sign` gets the exact message and returns the bare signature.

    at_s: POSIX seconds, for cosignature keys only.
    """

    key: VerifierKey
    sign: Callable[[bytes], bytes]
    at_s: int | None = None


def parse_note(data: bytes) -> Note:
    """Take a signed note apart at its last blank line; verifies nothing.

    Raises: NoteInvalid. Source: C2SP signed-note, "Format".
    """
    if len(data) > MAX_NOTE_BYTES:
        raise NoteInvalid(reason="malformed", what="longer than 1 MB")
    text, blank, block = data.rpartition(b"\n\n")
    if not blank:
        raise NoteInvalid(reason="malformed", what="no signatures")
    _decode(text)
    return Note(text + b"\n", parse_signature_lines(block))


def parse_signature_lines(block: bytes) -> tuple[NoteSignature, ...]:
    """Read one or more signature lines, as they end a note or as a witness answers them.

    Raises: NoteInvalid. Source: C2SP signed-note, "Signatures"; C2SP tlog-witness.
    """
    lines = _decode(block).split("\n")
    if len(lines) < 2 or lines[-1]:
        raise NoteInvalid(reason="malformed", what="no signature line")
    if len(lines) - 1 > MAX_SIGNATURES:
        raise NoteInvalid(reason="malformed", what="too many signatures")
    return tuple(_parse_line(line) for line in lines[:-1])


def open_note(data: bytes, keys: Iterable[VerifierKey]) -> OpenedNote:
    """Verify every signature of a known key; of repeated lines by one key the first counts.

    Raises: NoteInvalid when malformed, when a known key's signature fails, or when no known key
    signed; KeyInvalid when two of the keys given share a name and a key id.
    Source: C2SP signed-note, "Verifying".
    """
    note = parse_note(data)
    known = _by_id(keys)
    verified: dict[tuple[str, bytes], Verified] = {}
    unverified = []
    for line in note.signatures:
        identity = (line.name, line.key_id)
        key = known.get(identity)
        if key is None:
            unverified.append(line)
        elif identity not in verified:
            verified[identity] = Verified(key, _verify(key, note.text, line))
    if not verified:
        raise NoteInvalid(reason="unverified")
    return OpenedNote(note.text, tuple(verified.values()), tuple(unverified))


def sign_note(text: bytes, signers: Sequence[NoteSigner]) -> bytes:
    """A signed note: the text, a blank line, one line for each signer in the order given.

    text: ends with LF. Raises: NoteInvalid for a text that no note can hold, KeyInvalid for a key
    type that cannot sign here. Source: C2SP signed-note.
    """
    if not text.endswith(b"\n") or not signers:
        raise NoteInvalid(reason="malformed", what="text without final LF, or no signer")
    _decode(text)
    return text + b"\n" + b"".join(make_signature(text, one).line() for one in signers)


def make_signature(text: bytes, signer: NoteSigner) -> NoteSignature:
    """One signature over a note's text; the message depends on the key's type.

    Raises: KeyInvalid for type 0x05, a cosigner without time, or a name or origin that an
    ML-DSA-44 message cannot hold; CheckpointInvalid.
    Source: transparency-log sections 3 and 5.
    """
    key, at_s = signer.key, signer.at_s
    if key.type is KeyType.RFC6962_TREE_HEAD:
        raise KeyInvalid(reason="type 0x05 is read, never written")
    if key.type not in COSIGNATURE_TYPES:
        return NoteSignature(key.name, key.key_id, signer.sign(text))
    if at_s is None or not 0 <= at_s <= MAX_NUMBER:
        raise KeyInvalid(reason="a cosignature needs a time")
    try:
        message = cosignature_message(key, text, at_s)
    except ValueError as error:
        raise KeyInvalid(reason=str(error)) from error
    return NoteSignature(key.name, key.key_id, at_s.to_bytes(8, "big") + signer.sign(message))


def add_signatures(data: bytes, signatures: Iterable[NoteSignature]) -> bytes:
    """The note with further signature lines at its end; lines already there are not repeated.

    Raises: NoteInvalid. Source: transparency-log section 6.
    """
    present = set(parse_note(data).signatures)
    lines = [one.line() for one in dict.fromkeys(signatures) if one not in present]
    extended = data + b"".join(lines)
    parse_note(extended)
    return extended


def _decode(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise NoteInvalid(reason="malformed", what="not UTF-8") from error
    if any(char < " " and char != "\n" for char in text):
        raise NoteInvalid(reason="malformed", what="control character")
    return text


def _parse_line(line: str) -> NoteSignature:
    if not line.startswith(_LINE_START):
        raise NoteInvalid(reason="malformed", what="not a signature line")
    name, _, encoded = line[len(_LINE_START) :].partition(" ")
    try:
        check_key_name(name)
        payload = unb64(encoded, canonical=False)
    except (KeyInvalid, ValueError) as error:
        raise NoteInvalid(reason="malformed", what="key name or base64") from error
    if len(payload) < 5:
        raise NoteInvalid(reason="malformed", what="signature too short")
    return NoteSignature(name, payload[:4], payload[4:])


def _by_id(keys: Iterable[VerifierKey]) -> dict[tuple[str, bytes], VerifierKey]:
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise KeyInvalid(reason="two keys share a name and a key id")
    return known


def _verify(key: VerifierKey, text: bytes, line: NoteSignature) -> int | None:
    try:
        return key.verify(text, line.signature)
    except SignatureInvalid as error:
        raise NoteInvalid(reason="signature", key=key.name) from error
