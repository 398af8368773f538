"""Bodies of batches made by chance: whatever comes, items or a problem, never a traceback."""

import io
import zipfile
from tempfile import SpooledTemporaryFile

from hypothesis import given, settings
from hypothesis import strategies as st

from api.batch_uploads import NDJSON, ZIP, BatchBody, items_of
from sealsvc.areas.sealing.service.batch import BatchItem, name_fault
from sealsvc.errors import ServiceError

LIMIT = 10_000


def read(data: bytes, kind: str) -> list[BatchItem] | ServiceError:
    with SpooledTemporaryFile() as spool:
        spool.write(data)
        spool.seek(0)
        body = BatchBody(spool, kind, "0" * 64, data.count(b"\n"))
        try:
            return list(items_of(body, "seal_x", LIMIT))
        except ServiceError as error:
            return error


def _archive(files: dict[str, bytes]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return body.getvalue()


SMALL = _archive({"manifest.json": b'{"defaults": {"role": "invoice"}}', "1.pdf": b"%PDF" * 50})


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)), max_size=6))
def test_archives_with_changed_bytes(changes: list[tuple[int, int]]) -> None:
    data = bytearray(SMALL)
    for at, value in changes:
        data[at] = value
    found = read(bytes(data), ZIP)
    assert isinstance(found, ServiceError) or len(found) <= 2


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.text(
            st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
            min_size=1,
            max_size=12,
        ),
        st.binary(max_size=50),
        max_size=4,
    )
)
def test_archives_with_any_names(files: dict[str, bytes]) -> None:
    found = read(_archive(files), ZIP)
    if isinstance(found, ServiceError):
        return
    for one in found:
        good = not isinstance(one.request, ServiceError)
        assert not good or name_fault(one.name) is None


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    read(data, ZIP)
    found = read(data, NDJSON)
    assert not isinstance(found, ServiceError)
    assert all(isinstance(one.request, ServiceError) for one in found)
