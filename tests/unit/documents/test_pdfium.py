"""Two threads in PDFium crash the process: the readers let them in one after the other."""

from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from sealsvc.documents.invoices.model import Container
from sealsvc.documents.invoices.own import read_own
from sealsvc.documents.keywords import find_keyword
from sealsvc.documents.pdf.geometry import BoxMm
from sealsvc.documents.pdf.shown import rendered_region
from sealsvc.documents.pdfium import one_at_a_time
from tests.builders.pdf import plain


def test_threads_pass_one_after_the_other() -> None:
    inside = Lock()
    met: list[bool] = []

    @one_at_a_time
    def enter(times: int) -> None:
        for _ in range(times):
            met.append(not inside.acquire(blocking=False))
            if not met[-1]:
                inside.release()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(enter, [2_000] * 8))
    assert len(met) == 16_000
    assert not any(met)


def test_one_function_may_call_another() -> None:
    inner = one_at_a_time(lambda: 7)
    assert one_at_a_time(inner)() == 7


def test_threads_read_the_same_file_alike() -> None:
    data = plain(3)

    def read(_: int) -> tuple[object, ...]:
        found = find_keyword(data, "page 2")
        return (
            found,
            read_own(Container.PDF, data),
            rendered_region(data, 1, BoxMm(10, 10, 50, 50), 72),
        )

    with ThreadPoolExecutor(8) as threads:
        readings = list(threads.map(read, range(64)))
    assert all(reading == readings[0] for reading in readings)
    assert readings[0][0] is not None
    assert readings[0][2] is not None
