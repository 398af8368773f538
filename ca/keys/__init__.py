"""What the engine asks of keys: sign, and nothing else; no provider is imported here."""

from typing import NamedTuple, Protocol


class Signer(Protocol):
    """A key that signs and shows its public half; usable from several threads."""

    @property
    def public_key_spki(self) -> bytes:
        """DER SubjectPublicKeyInfo."""

    @property
    def suite(self) -> str:
        """Name of the suite in `ca.algorithms.SUITES`."""

    def sign(self, tbs: bytes) -> bytes:
        """Signature over the whole message `tbs` (hashed inside).

        Raises: CaUnavailable when the key cannot be used for now.
        """


class KeyRecord(NamedTuple):
    """One key of a store: its reference, who it belongs to, its suite's name."""

    key_ref: str
    owner: str
    suite: str


class KeyStore(Protocol):
    """Keeps private keys; callers hold references (`key_…`), never key bytes."""

    def generate(self, suite: str, owner: str) -> str:
        """Make a key and return its reference once it is durable.

        owner: an id the key is bound to for ever. Raises: UnknownSuite, CaUnavailable.
        """

    def signer(self, key_ref: str) -> Signer:
        """The key's signer. Raises: KeyNotFound, KekMissing, KeyWrapCorrupt, KeyStoreUnsafe."""

    def delete(self, key_ref: str) -> None:
        """Forget the key for good. Raises: KeyNotFound."""

    def list_keys(self) -> tuple[KeyRecord, ...]:
        """Every key, sorted by reference. Raises: as `signer`."""
