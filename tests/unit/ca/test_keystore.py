import json
import os
import pickle
import stat
import threading
import traceback
from pathlib import Path

import pytest

from ca.algorithms import suite_named
from ca.errors import (
    CaError,
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
from ca.keys import KeyRecord, KeyStore
from ca.keys.software import Kek, SoftwareKeyStore, create_kek_file, kek_of, load_kek
from tests.builders.x509 import P256, CountingRandom

KEK = kek_of(bytes(range(32)))
OTHER = kek_of(bytes(range(1, 33)))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def store(directory: Path) -> SoftwareKeyStore:
    return SoftwareKeyStore(directory, [KEK], CountingRandom())


def reopened(directory: Path, *keks: Kek) -> SoftwareKeyStore:
    return SoftwareKeyStore(directory, keks or (KEK,), CountingRandom("again"))


def file_of(directory: Path, key_ref: str) -> Path:
    return directory / f"{key_ref}.json"


def test_a_key_survives_a_restart(store: SoftwareKeyStore, directory: Path) -> None:
    as_protocol: KeyStore = store
    key_ref = as_protocol.generate(P256, "seal_1")
    signer = reopened(directory).signer(key_ref)
    assert signer.public_key_spki == store.signer(key_ref).public_key_spki
    assert signer.suite == P256
    suite_named(P256).verify(signer.public_key_spki, signer.sign(b"data"), b"data")


def test_files_are_ours_alone(store: SoftwareKeyStore, directory: Path) -> None:
    old = os.umask(0)
    try:
        key_ref = store.generate(P256, "seal_1")
    finally:
        os.umask(old)
    assert stat.S_IMODE(file_of(directory, key_ref).stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert [path.name for path in directory.iterdir()] == [f"{key_ref}.json"]


def test_the_file_holds_no_key_in_clear(store: SoftwareKeyStore, directory: Path) -> None:
    key_ref = store.generate(P256, "seal_1")
    members = json.loads(file_of(directory, key_ref).read_bytes())
    assert set(members) == {
        "version",
        "kekId",
        "keyId",
        "owner",
        "suite",
        "nonce",
        "ciphertext",
    }
    assert b"PRIVATE" not in file_of(directory, key_ref).read_bytes()


def test_a_signer_is_loaded_once(store: SoftwareKeyStore) -> None:
    key_ref = store.generate(P256, "seal_1")
    assert store.signer(key_ref) is store.signer(key_ref)


def test_the_cache_is_bounded(directory: Path) -> None:
    store = SoftwareKeyStore(directory, [KEK], CountingRandom(), cache_size=2)
    refs = [store.generate(P256, "seal_1") for _ in range(3)]
    first = store.signer(refs[0])
    for key_ref in refs[1:]:
        store.signer(key_ref)
    assert store.signer(refs[0]) is not first


def test_keys_are_listed_with_their_owners(store: SoftwareKeyStore) -> None:
    refs = {store.generate(P256, owner): owner for owner in ("seal_1", "seal_2", "印章")}
    expected = tuple(KeyRecord(ref, refs[ref], P256) for ref in sorted(refs))
    assert store.list_keys() == expected


def test_a_deleted_key_is_gone_everywhere(store: SoftwareKeyStore, directory: Path) -> None:
    key_ref = store.generate(P256, "seal_1")
    store.signer(key_ref)
    reopened(directory).delete(key_ref)
    for act in (store.signer, store.delete, lambda ref: store.rewrap(ref, OTHER)):
        with pytest.raises(KeyNotFound):
            act(key_ref)
    assert store.list_keys() == ()


@pytest.mark.parametrize(
    "key_ref",
    ["", "key_", "key_" + "a" * 26, "../kek", "key_" + "A" * 26, "/etc/passwd", "key_" + "a" * 27],
)
def test_unknown_references_are_not_found(store: SoftwareKeyStore, key_ref: str) -> None:
    with pytest.raises(KeyNotFound):
        store.signer(key_ref)
    with pytest.raises(KeyNotFound):
        store.delete(key_ref)


def test_unknown_suites_make_no_file(store: SoftwareKeyStore, directory: Path) -> None:
    with pytest.raises(UnknownSuite):
        store.generate("sm9", "seal_1")
    assert list(directory.iterdir()) == []


def test_another_kek_is_missing(store: SoftwareKeyStore, directory: Path) -> None:
    key_ref = store.generate(P256, "seal_1")
    with pytest.raises(KekMissing):
        reopened(directory, OTHER).signer(key_ref)


def test_a_kek_under_a_false_id_opens_nothing(store: SoftwareKeyStore, directory: Path) -> None:
    key_ref = store.generate(P256, "seal_1")
    with pytest.raises(KeyWrapCorrupt):
        reopened(directory, Kek(KEK.id, OTHER.key)).signer(key_ref)


def test_no_byte_of_a_file_can_change(store: SoftwareKeyStore, directory: Path) -> None:
    key_ref = store.generate(P256, "seal_1")
    path = file_of(directory, key_ref)
    good = path.read_bytes()
    for index in range(len(good)):
        for flip in (0x01, 0x20, 0x80):
            path.write_bytes(good[:index] + bytes([good[index] ^ flip]) + good[index + 1 :])
            with pytest.raises((KeyWrapCorrupt, KekMissing)):
                store_signer_uncached(directory, key_ref)


def store_signer_uncached(directory: Path, key_ref: str) -> object:
    return reopened(directory).signer(key_ref)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 60000, b'{"version": 1}', b"0" * 70000],
)
def test_what_is_no_key_file_is_corrupt(
    store: SoftwareKeyStore, directory: Path, content: bytes
) -> None:
    key_ref = store.generate(P256, "seal_1")
    file_of(directory, key_ref).write_bytes(content)
    with pytest.raises(KeyWrapCorrupt):
        store_signer_uncached(directory, key_ref)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("version", 2),
        ("version", "1"),
        ("owner", "seal_2"),
        ("owner", 1),
        ("suite", "rsa2048-sha256"),
        ("suite", "none"),
        ("nonce", "AAAA"),
        ("nonce", None),
        ("ciphertext", ""),
        ("extra", 1),
    ],
)
def test_no_member_can_be_relabelled(
    store: SoftwareKeyStore, directory: Path, member: str, value: object
) -> None:
    key_ref = store.generate(P256, "seal_1")
    path = file_of(directory, key_ref)
    members = {**json.loads(path.read_bytes()), member: value}
    path.write_bytes(json.dumps(members, indent=1).encode() + b"\n")
    with pytest.raises(KeyWrapCorrupt):
        store_signer_uncached(directory, key_ref)


def test_files_cannot_be_exchanged(store: SoftwareKeyStore, directory: Path) -> None:
    first, second = (store.generate(P256, f"seal_{i}") for i in (1, 2))
    foreign = file_of(directory, second).read_bytes()
    file_of(directory, first).write_bytes(foreign)
    with pytest.raises(KeyWrapCorrupt):
        store_signer_uncached(directory, first)
    renamed = {**json.loads(foreign), "keyId": first}
    file_of(directory, first).write_bytes(json.dumps(renamed, indent=1).encode() + b"\n")
    with pytest.raises(KeyWrapCorrupt):
        store_signer_uncached(directory, first)
    with pytest.raises(KeyWrapCorrupt):
        reopened(directory).list_keys()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o601])
def test_open_key_files_are_refused(store: SoftwareKeyStore, directory: Path, mode: int) -> None:
    key_ref = store.generate(P256, "seal_1")
    file_of(directory, key_ref).chmod(mode)
    with pytest.raises(KeyStoreUnsafe):
        store_signer_uncached(directory, key_ref)


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701, 0o777])
def test_open_directories_are_refused(directory: Path, mode: int) -> None:
    directory.mkdir()
    directory.chmod(mode)
    with pytest.raises(KeyStoreUnsafe):
        reopened(directory)


def test_links_and_pipes_are_refused(
    store: SoftwareKeyStore, directory: Path, tmp_path: Path
) -> None:
    key_ref = store.generate(P256, "seal_1")
    path = file_of(directory, key_ref)
    path.rename(tmp_path / "moved")
    path.symlink_to(tmp_path / "moved")
    with pytest.raises(KeyStoreUnsafe):
        store_signer_uncached(directory, key_ref)
    path.unlink()
    os.mkfifo(path, 0o600)
    with pytest.raises(KeyStoreUnsafe):
        store_signer_uncached(directory, key_ref)
    linked = tmp_path / "linked"
    linked.symlink_to(directory)
    with pytest.raises(KeyStoreUnsafe):
        reopened(linked)


def test_a_foreign_owner_is_refused(
    store: SoftwareKeyStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_ref = store.generate(P256, "seal_1")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(KeyStoreUnsafe):
        store.signer(key_ref)
    with pytest.raises(KeyStoreUnsafe):
        reopened(directory)


def test_a_repeated_random_id_overwrites_nothing(directory: Path) -> None:
    first = SoftwareKeyStore(directory, [KEK], CountingRandom())
    key_ref = first.generate(P256, "seal_1")
    before = file_of(directory, key_ref).read_bytes()
    with pytest.raises(KeyIdTaken):
        SoftwareKeyStore(directory, [KEK], CountingRandom()).generate(P256, "seal_2")
    assert file_of(directory, key_ref).read_bytes() == before
    assert len(list(directory.iterdir())) == 1


def test_a_failed_write_leaves_no_key(
    store: SoftwareKeyStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(OSError, match="no space left"):
        store.generate(P256, "seal_1")
    assert list(directory.iterdir()) == []


def test_many_threads_make_different_keys(directory: Path) -> None:
    store = SoftwareKeyStore(directory, [KEK], os.urandom)
    refs: list[str] = []

    def make() -> None:
        for _ in range(5):
            key_ref = store.generate(P256, "seal_1")
            store.signer(key_ref).sign(b"data")
            refs.append(key_ref)

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(refs)) == 30
    assert [record.key_ref for record in reopened(directory).list_keys()] == sorted(refs)


def test_rewrapping_moves_a_key_to_the_new_kek(store: SoftwareKeyStore, directory: Path) -> None:
    key_ref = store.generate(P256, "seal_1")
    spki_der = store.signer(key_ref).public_key_spki
    store.rewrap(key_ref, OTHER)
    assert reopened(directory, OTHER).signer(key_ref).public_key_spki == spki_der
    with pytest.raises(KekMissing):
        reopened(directory, KEK).signer(key_ref)
    assert store.list_keys() == (KeyRecord(key_ref, "seal_1", P256),)


def test_old_keks_read_and_the_first_writes(store: SoftwareKeyStore, directory: Path) -> None:
    old_ref = store.generate(P256, "seal_1")
    both = reopened(directory, OTHER, KEK)
    new_ref = both.generate(P256, "seal_2")
    both.signer(old_ref)
    reopened(directory, OTHER).signer(new_ref)
    with pytest.raises(KekMissing):
        reopened(directory, KEK).signer(new_ref)


def test_a_store_without_kek_is_refused(directory: Path) -> None:
    with pytest.raises(KekMissing):
        SoftwareKeyStore(directory, [], CountingRandom())


def test_nothing_secret_is_shown_or_pickled(store: SoftwareKeyStore, directory: Path) -> None:
    key_ref = store.generate(P256, "seal_1")
    signer = store.signer(key_ref)
    shown = repr(KEK) + repr(store) + repr(signer)
    assert KEK.key.hex() not in shown
    assert repr(KEK.key) not in shown
    for secret in (KEK, store, signer):
        with pytest.raises(TypeError):
            pickle.dumps(secret)


def test_errors_tell_no_secret(store: SoftwareKeyStore, directory: Path) -> None:
    key_ref = store.generate(P256, "seal_1")
    path = file_of(directory, key_ref)
    path.write_bytes(path.read_bytes().replace(b"seal_1", b"seal_9"))
    with pytest.raises(CaError) as caught:
        store_signer_uncached(directory, key_ref)
    text = "".join(traceback.format_exception(caught.value))
    ciphertext = json.loads(path.read_bytes())["ciphertext"]
    assert KEK.key.hex() not in text
    assert repr(KEK.key) not in text
    assert ciphertext not in text


def test_kek_files_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "kek"
    made = create_kek_file(path, CountingRandom())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_kek(None, path) == made
    assert load_kek("  ", path) == made
    assert load_kek(KEK.key.hex(), path) == KEK
    assert len(made.id) == 8
    with pytest.raises(KekExists):
        create_kek_file(path, CountingRandom())
    assert load_kek(None, path) == made


def test_a_missing_kek_is_named(tmp_path: Path) -> None:
    with pytest.raises(KekMissing):
        load_kek(None, None)
    with pytest.raises(KekMissing):
        load_kek("", tmp_path / "absent")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o400 | 0o040])
def test_open_kek_files_are_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "kek"
    create_kek_file(path, CountingRandom())
    path.chmod(mode)
    with pytest.raises(KekUnsafe):
        load_kek(None, path)


def test_kek_links_and_directories_are_refused(tmp_path: Path) -> None:
    create_kek_file(tmp_path / "kek", CountingRandom())
    (tmp_path / "link").symlink_to(tmp_path / "kek")
    for path in (tmp_path / "link", tmp_path):
        with pytest.raises(KekUnsafe):
            load_kek(None, path)


@pytest.mark.parametrize("text", ["00" * 31, "00" * 33, "zz" * 32, "键" * 64, "00" * 32 + " 00"])
def test_malformed_keks_are_refused_without_echo(text: str) -> None:
    with pytest.raises(KekInvalid) as caught:
        load_kek(text, None)
    assert text not in "".join(traceback.format_exception(caught.value))


def test_kek_ids_differ_and_tell_nothing() -> None:
    assert KEK.id != OTHER.id
    assert KEK.id not in KEK.key.hex()
    with pytest.raises(KekInvalid):
        kek_of(b"short")


@pytest.mark.parametrize("suite", ["rsa2048-sha256"])
def test_rsa_keys_are_kept_too(store: SoftwareKeyStore, directory: Path, suite: str) -> None:
    key_ref = store.generate(suite, "seal_1")
    signer = reopened(directory).signer(key_ref)
    suite_named(suite).verify(signer.public_key_spki, signer.sign(b"data"), b"data")
