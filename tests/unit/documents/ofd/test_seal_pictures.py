"""Pictures of seals that are OFDs themselves are drawn, within bounds, and never lie."""

from io import BytesIO

from PIL import Image

from sealsvc.documents.ofd.package import Problems
from sealsvc.documents.ofd.stamps import MAX_RENDERINGS, SealPictures
from sealsvc.documents.picture import picture_rgba_sha256
from sealsvc.documents.values import SealPicture, StampBox
from sealsvc.formats import parse_seal
from sealsvc.formats.check import check_seal
from sealsvc.formats.values import ESealReading
from tests.builders import ofd, seals

STAMP = StampBox(2, 150.0, 20.0, 40.0, 40.0)
PACKAGE = ofd.pack(ofd.unsigned(1))


def eseal(picture: bytes, kind: str = "ofd", size: tuple[int, int] = (40, 40)) -> ESealReading:
    made = seals.make_seal(picture=picture, picture_type=kind, width_mm=size[0], height_mm=size[1])
    return check_seal(parse_seal(made))


def shown(one: ESealReading) -> tuple[SealPicture | None, list[str]]:
    problems = Problems()
    found = SealPictures().read(one, (STAMP,), problems)
    return found, [item.code for item in problems]


def test_an_ofd_picture_is_drawn_at_the_size_the_seal_names() -> None:
    picture, problems = shown(eseal(PACKAGE, size=(40, 30)))
    assert problems == []
    assert picture is not None
    with Image.open(BytesIO(picture.png)) as image:
        assert image.size == (472, 354)  # 300 dpi
        assert image.getchannel("A").getextrema() != (0, 0)
    assert picture.rgba_sha256 == picture_rgba_sha256(picture.png)
    assert (picture.page, picture.x_mm, picture.width_mm) == (2, 150.0, 40.0)


def test_the_bytes_decide_not_the_type() -> None:
    assert shown(eseal(PACKAGE, "png"))[0] is not None


def test_what_cannot_be_drawn_is_a_problem_and_no_picture() -> None:
    for picture in (b"PK\x03\x04", PACKAGE[:200], b"noise"):
        assert shown(eseal(picture)) == (None, ["PICTURE_UNREADABLE"])


def test_without_a_stamp_nothing_is_drawn() -> None:
    assert SealPictures().read(eseal(PACKAGE), (), Problems()) is None


def test_one_document_draws_so_many_and_no_more() -> None:
    pictures, problems = SealPictures(), Problems()
    many = [eseal(PACKAGE, size=(10 + number, 10)) for number in range(MAX_RENDERINGS + 2)]
    drawn = [pictures.read(one, (STAMP,), problems) for one in many]
    assert sum(one is not None for one in drawn) == MAX_RENDERINGS
    assert [one.code for one in problems] == ["PICTURE_UNREADABLE"]
    assert pictures.read(many[0], (STAMP,), problems) is not None  # known already
