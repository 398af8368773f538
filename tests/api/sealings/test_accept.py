import pytest

from api.media import wants


@pytest.mark.parametrize(
    ("accept", "file"),
    [
        ("*/*", False),
        ("", False),
        ("application/json", False),
        ("application/pdf", True),
        ("Application/PDF", True),
        ("application/pdf, */*;q=0.1", True),
        ("application/json, application/pdf", True),
        ("application/json, application/pdf;q=0.9", False),
        ("application/json;q=0.1, application/pdf ; q=0.9", True),
        ("application/pdf;q=0", False),
        ("application/pdf;q=x", False),
        ("application/ofd", False),
        (",,;q=1", False),
    ],
)
def test_who_gets_the_file(accept: str, file: bool) -> None:
    assert wants(accept, "application/pdf", over="application/json") is file
