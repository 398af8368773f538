"""Keys in encrypted files: one JSON file a key, PKCS#8 under AES-256-GCM.

The key-encryption key (KEK) comes from the environment or a file and never touches the key
directory. Version, KEK id, key id, owner and suite are authenticated with the ciphertext, so that
files cannot be exchanged for one another or relabelled.
"""

import base64
import hashlib
import json
import os
import re
import stat
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ca.algorithms import PrivateKey, suite_named
from ca.errors import (
    KekExists,
    KekInvalid,
    KekMissing,
    KekUnsafe,
    KeyIdTaken,
    KeyNotFound,
    KeyStoreUnsafe,
    KeyWrapCorrupt,
    UnknownSuite,
)
from ca.keys import KeyRecord

RandomBytes = Callable[[int], bytes]

VERSION = 1
KEK_BYTES = 32
NONCE_BYTES = 12  # NIST SP 800-38D section 8.2.2: random 96-bit nonces, far below 2**32 per KEK
KEY_ID_BYTES = 16
CACHED_KEYS = 1024
MAX_FILE_BYTES = 65536
_KEY_REF = re.compile(r"key_[a-z2-7]{26}")
_HEX_KEK = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class Kek:
    """A key-encryption key. id: 8 hex digits that name it without telling it."""

    id: str
    key: bytes = field(repr=False)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("key-encryption keys are not pickled")


def kek_of(key: bytes) -> Kek:
    """The KEK of 32 key bytes. Raises: KekInvalid."""
    if len(key) != KEK_BYTES:
        raise KekInvalid()
    return Kek(hashlib.sha256(b"sealsvc kek id v1\x00" + key).hexdigest()[:8], key)


def load_kek(env_value: str | None, file: Path | None) -> Kek:
    """The KEK from an environment variable's value, else from a file; 64 hex digits either way.

    Raises: KekMissing when neither is there, KekUnsafe, KekInvalid.
    """
    if env_value is not None and env_value.strip():
        return _kek_from_hex(env_value)
    if file is None:
        raise KekMissing()
    try:
        content = _read_private(file)
    except FileNotFoundError:
        raise KekMissing() from None
    except KeyStoreUnsafe as error:
        raise KekUnsafe(**error.fields) from None
    return _kek_from_hex(content.decode("ascii", "replace"))


def _kek_from_hex(text: str) -> Kek:
    if not _HEX_KEK.fullmatch(text.strip()):
        raise KekInvalid()
    return kek_of(bytes.fromhex(text.strip()))


def create_kek_file(path: Path, random_bytes: RandomBytes) -> Kek:
    """Make a KEK and write it durably to a new file of mode 0600. Raises: KekExists."""
    kek = kek_of(random_bytes(KEK_BYTES))
    try:
        _write_new(path, kek.key.hex().encode("ascii") + b"\n")
    except FileExistsError:
        raise KekExists() from None
    _sync_directory(path.parent)
    return kek


@dataclass(frozen=True)
class _Wrapped:
    """A key file's content."""

    kek_id: str
    key_id: str
    owner: str
    suite: str
    nonce: bytes
    ciphertext: bytes

    def aad(self) -> bytes:
        """Length-prefixed members, so that no two different headers give the same bytes."""
        members = (str(VERSION), self.kek_id, self.key_id, self.owner, self.suite)
        encoded = (member.encode() for member in members)
        return b"sealsvc key wrap\x00" + b"".join(len(m).to_bytes(4, "big") + m for m in encoded)

    def to_bytes(self) -> bytes:
        """The one form of the file that is accepted back."""
        members = {
            "version": VERSION,
            "kekId": self.kek_id,
            "keyId": self.key_id,
            "owner": self.owner,
            "suite": self.suite,
            "nonce": base64.b64encode(self.nonce).decode(),
            "ciphertext": base64.b64encode(self.ciphertext).decode(),
        }
        return json.dumps(members, indent=1).encode() + b"\n"

    @staticmethod
    def from_bytes(content: bytes) -> "_Wrapped":
        """Raises: KeyWrapCorrupt unless the bytes are exactly what `to_bytes` writes."""
        try:
            parsed = json.loads(content)
            wrapped = _Wrapped(
                kek_id=str(parsed["kekId"]),
                key_id=str(parsed["keyId"]),
                owner=str(parsed["owner"]),
                suite=str(parsed["suite"]),
                nonce=base64.b64decode(parsed["nonce"], validate=True),
                ciphertext=base64.b64decode(parsed["ciphertext"], validate=True),
            )
            exact = wrapped.to_bytes() == content and len(wrapped.nonce) == NONCE_BYTES
        except (ValueError, KeyError, TypeError, RecursionError):
            exact = False
        if not exact:
            raise KeyWrapCorrupt()
        return wrapped


class SoftwareSigner:
    """A loaded key of the store. Signing takes no lock: the provider's keys are thread-safe."""

    __slots__ = ("_key", "key_ref", "public_key_spki", "suite")

    def __init__(self, key_ref: str, suite: str, key: PrivateKey) -> None:
        self.key_ref = key_ref
        self.suite = suite
        self.public_key_spki = key.public_key_spki
        self._key = key

    def sign(self, tbs: bytes) -> bytes:
        """Signature over `tbs` (hashed inside)."""
        return self._key.sign(tbs)

    def __repr__(self) -> str:
        return f"SoftwareSigner({self.key_ref}, {self.suite})"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("signers are not pickled")


class SoftwareKeyStore:
    """A KeyStore in a directory of mode 0700.

    keks: the first one wraps, all of them unwrap (rotation). random_bytes: the system's source.
    """

    def __init__(
        self,
        directory: Path,
        keks: Sequence[Kek],
        random_bytes: RandomBytes,
        *,
        cache_size: int = CACHED_KEYS,
    ) -> None:
        if not keks:
            raise KekMissing()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_private_directory(directory)
        self._directory = directory
        self._keks = {kek.id: kek for kek in reversed(keks)}
        self._wrapping = keks[0]
        self._random_bytes = random_bytes
        self._cache_size = cache_size
        self._cache: OrderedDict[str, SoftwareSigner] = OrderedDict()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"SoftwareKeyStore(keks={sorted(self._keks)})"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("key stores are not pickled")

    def generate(self, suite: str, owner: str) -> str:
        """Make a key of `suite` for `owner`; durable when this returns.

        Raises: UnknownSuite, KeyIdTaken.
        """
        pkcs8_der = suite_named(suite).generate()
        encoded = base64.b32encode(self._random_bytes(KEY_ID_BYTES)).decode().rstrip("=").lower()
        key_ref = f"key_{encoded}"
        wrapped = self._wrap(key_ref, owner, suite, pkcs8_der, self._wrapping)
        with self._temporary(key_ref, wrapped.to_bytes()) as temporary:
            try:
                os.link(temporary, self._path(key_ref))  # never over a key that is there
            except FileExistsError:
                raise KeyIdTaken() from None
        _sync_directory(self._directory)
        return key_ref

    def signer(self, key_ref: str) -> SoftwareSigner:
        """The key's signer, loaded once (loading re-validates an RSA key, which is slow).

        Raises: KeyNotFound, KekMissing, KeyWrapCorrupt, KeyStoreUnsafe.
        """
        with self._lock:
            cached = self._cache.get(key_ref)
            if cached is not None:
                self._cache.move_to_end(key_ref)
        if cached is not None and self._path(key_ref).exists():  # another process may delete it
            return cached
        wrapped, pkcs8_der = self._unwrap(key_ref)
        signer = SoftwareSigner(key_ref, wrapped.suite, _load(wrapped.suite, pkcs8_der))
        with self._lock:
            self._cache[key_ref] = signer
            while len(self._cache) > self._cache_size:
                self._cache.popitem(last=False)
        return signer

    def delete(self, key_ref: str) -> None:
        """Unlink the key's file. Copies in backups stay readable with their KEK.

        Raises: KeyNotFound.
        """
        try:
            self._path(key_ref).unlink()
        except FileNotFoundError:
            raise KeyNotFound(key_ref=key_ref) from None
        finally:
            with self._lock:
                self._cache.pop(key_ref, None)
        _sync_directory(self._directory)

    def list_keys(self) -> tuple[KeyRecord, ...]:
        """Every key, sorted by reference; each file's header is authenticated.

        Raises: KekMissing, KeyWrapCorrupt, KeyStoreUnsafe.
        """
        refs = sorted(path.stem for path in self._directory.glob("key_*.json"))
        headers = (self._unwrap(key_ref)[0] for key_ref in refs)
        return tuple(KeyRecord(header.key_id, header.owner, header.suite) for header in headers)

    def rewrap(self, key_ref: str, new_kek: Kek) -> None:
        """Encrypt the key's file under another KEK, which stays readable here from now on.

        Raises: KeyNotFound, KekMissing, KeyWrapCorrupt, KeyStoreUnsafe.
        """
        wrapped, pkcs8_der = self._unwrap(key_ref)
        anew = self._wrap(key_ref, wrapped.owner, wrapped.suite, pkcs8_der, new_kek)
        with self._temporary(key_ref, anew.to_bytes()) as temporary:
            temporary.replace(self._path(key_ref))
        _sync_directory(self._directory)
        self._keks = {**self._keks, new_kek.id: new_kek}

    def _path(self, key_ref: str) -> Path:
        """The key's file. Raises: KeyNotFound for what is no reference, such as a path."""
        if not _KEY_REF.fullmatch(key_ref):
            raise KeyNotFound()
        return self._directory / f"{key_ref}.json"

    def _wrap(self, key_ref: str, owner: str, suite: str, pkcs8_der: bytes, kek: Kek) -> _Wrapped:
        nonce = self._random_bytes(NONCE_BYTES)
        header = _Wrapped(kek.id, key_ref, owner, suite, nonce, b"")
        ciphertext = AESGCM(kek.key).encrypt(nonce, pkcs8_der, header.aad())
        return _Wrapped(kek.id, key_ref, owner, suite, nonce, ciphertext)

    def _unwrap(self, key_ref: str) -> tuple[_Wrapped, bytes]:
        """Authenticated header and PKCS#8 DER. Raises: as `signer`."""
        try:
            content = _read_private(self._path(key_ref))
        except FileNotFoundError:
            raise KeyNotFound(key_ref=key_ref) from None
        wrapped = _Wrapped.from_bytes(content)
        if wrapped.key_id != key_ref:
            raise KeyWrapCorrupt(key_ref=key_ref)
        kek = self._keks.get(wrapped.kek_id)
        if kek is None:
            raise KekMissing(key_ref=key_ref)
        try:
            pkcs8_der = AESGCM(kek.key).decrypt(wrapped.nonce, wrapped.ciphertext, wrapped.aad())
        except InvalidTag:
            raise KeyWrapCorrupt(key_ref=key_ref) from None
        return wrapped, pkcs8_der

    @contextmanager
    def _temporary(self, key_ref: str, content: bytes) -> Iterator[Path]:
        """A durable file with the content, removed again unless renamed."""
        path = self._directory / f".{key_ref}.{self._random_bytes(4).hex()}.tmp"
        try:
            _write_new(path, content)
            yield path
        finally:
            with suppress(FileNotFoundError):
                path.unlink()


def _load(suite: str, pkcs8_der: bytes) -> PrivateKey:
    """Raises: KeyWrapCorrupt when what was wrapped is not a key of the suite."""
    try:
        named = suite_named(suite)
        key = named.load(pkcs8_der)
        if not named.owns(key.public_key_spki):
            raise KeyWrapCorrupt()
    except (UnknownSuite, UnsupportedAlgorithm, ValueError, TypeError):
        # the provider's message is dropped: it may quote what it could not read
        raise KeyWrapCorrupt() from None
    return key


def _write_new(path: Path, content: bytes) -> None:
    """Write a file that must not exist, mode 0600, and sync it. Raises: FileExistsError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _read_private(path: Path) -> bytes:
    """The bytes of a regular file that only we can open.

    Checked on the open descriptor, so that the file checked is the file read.
    Raises: FileNotFoundError, KeyStoreUnsafe.
    """
    try:
        # non-blocking: a FIFO put in the file's place must not hang us
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise
    except OSError:
        raise KeyStoreUnsafe(reason="not readable as a plain file") from None
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise KeyStoreUnsafe(reason="not a regular file")
        _require_ours(status)
        with open(fd, "rb", closefd=False) as file:
            return file.read(MAX_FILE_BYTES)
    finally:
        os.close(fd)


def _require_private_directory(directory: Path) -> None:
    status = directory.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise KeyStoreUnsafe(reason="not a directory")
    _require_ours(status)


def _require_ours(status: os.stat_result) -> None:
    if status.st_uid != os.geteuid():
        raise KeyStoreUnsafe(reason="owned by someone else")
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise KeyStoreUnsafe(reason="open to others")


def _sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
