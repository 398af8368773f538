"""Pages as signed beside pages now, and the seal's place as drawn; SQLite alone is enough here."""

from base64 import b64decode
from dataclasses import replace

import pytest

from api.demo.tamper import overpaint
from sealsvc.areas.deps import Deps
from sealsvc.areas.sealing.placing import PlaceWish
from sealsvc.areas.verification import service as verification
from sealsvc.areas.verification.changes import PAGES_LIMIT, ShownChanges, changes_of
from sealsvc.areas.verification.comparing import PictureComparison, RenderedComparison
from sealsvc.areas.verification.model import VerificationRequest
from sealsvc.areas.verification.service import ComparisonRequest
from sealsvc.areas.verification.showing import ShownVerdict, verify_and_show
from sealsvc.documents.pdf.reader import read
from sealsvc.documents.values import DocumentReading
from sealsvc.ports import ResourceLimit
from sealsvc.values import SealType
from tests.areas.sealing.story import SHOP, A, B, Story, merchant, pdf
from tests.builders.pdf import plain, sealed_once, sealed_thrice

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

PLACE = PlaceWish(page=1, x_mm=120, y_mm=100, width_mm=40)
AMOUNT = (20.0, 40.0, 30.0, 6.0)
PNG = b"\x89PNG\r\n\x1a\n"


def shown(story: Story, data: bytes) -> ShownVerdict:
    return verify_and_show(story.deps, VerificationRequest(data, "file.pdf"))


def changes(data: bytes, deps: Deps) -> dict[str, ShownChanges]:
    return changes_of(deps.sandbox, data, read(data))


def test_an_untouched_file_has_nothing_to_show(story: Story) -> None:
    verdict = shown(story, story.use(story.seal(), place=PLACE).sealed)
    assert verdict.report["summary"] == "TRUSTED"
    assert verdict.changes == {}


def test_painted_over_after_the_seal(story: Story) -> None:
    sealed = story.use(story.seal(), place=PLACE).sealed
    verdict = shown(story, overpaint(sealed, "99999.00", AMOUNT))
    assert verdict.report["summary"] == "MODIFIED"
    (signature,) = verdict.report["signatures"]
    one = verdict.changes[signature["id"]]
    assert one.restorable
    (page,) = one.pages
    assert (page.page, page.regions, page.added, page.removed) == (1, 1, False, False)
    before, after = b64decode(page.before or ""), b64decode(page.after or "")
    assert before.startswith(PNG)
    assert after.startswith(PNG)
    assert before != after


def test_a_further_seal_is_shown_as_one(story: Story) -> None:
    first = story.use(story.seal(A, SealType.CONTRACT), place=PLACE).sealed
    both = story.use(story.seal(B, SealType.CONTRACT), first, place=replace(PLACE, y_mm=180)).sealed
    verdict = shown(story, both)
    assert verdict.report["summary"] == "TRUSTED"
    earlier, later = (one["id"] for one in verdict.report["signatures"])
    assert len(verdict.changes[earlier].pages) == 1
    assert later not in verdict.changes


def test_the_report_itself_is_the_same_with_pictures_or_without(story: Story) -> None:
    data = overpaint(story.use(story.seal()).sealed, "1", AMOUNT)
    bare = story.verify(data)
    verdict = shown(story, data)
    for volatile in ("id", "links", "receipt"):
        bare.pop(volatile), verdict.report.pop(volatile)
    assert verdict.report == bare


def test_what_was_signed_is_not_shown_where_nobody_can_know(deps: Deps) -> None:
    """A byte of the signed part changed: its prefix is not what the signer saw."""
    data = overpaint(sealed_once(), "1", AMOUNT)
    assert b"1000.00" in data
    (one,) = changes(data.replace(b"1000.00", b"9000.00", 1), deps).values()
    assert (one.restorable, one.pages) == (False, ())


def test_pages_are_few_whatever_the_number_of_seals(deps: Deps) -> None:
    found = changes(sealed_thrice(), deps)
    assert 1 <= sum(len(one.pages) for one in found.values()) <= PAGES_LIMIT


class Exhausted:
    def run(self, *_arguments: object, **_options: object) -> object:
        raise ResourceLimit(limit="memory")

    def ready(self) -> bool:
        return True


def test_a_page_too_heavy_to_draw_costs_its_picture_only(deps: Deps) -> None:
    data = overpaint(sealed_once(), "1", AMOUNT)
    (one,) = changes_of(Exhausted(), data, read(data)).values()  # type: ignore[arg-type]
    assert (one.restorable, one.pages) == (True, ())


def test_nothing_is_drawn_without_seals(deps: Deps) -> None:
    empty = DocumentReading("pdf", 0, 0, 0, (), (), ())
    assert changes_of(Exhausted(), b"", empty) == {}  # type: ignore[arg-type]
    assert changes(plain(), deps) == {}


def rendered(story: Story, data: bytes, *, drawn: bool = False) -> RenderedComparison:
    return picture_of(story, data, drawn=drawn)[1]


def picture_of(
    story: Story, data: bytes, *, drawn: bool = False
) -> tuple[PictureComparison, RenderedComparison]:
    report = story.verify(data)
    seal_id = report["signatures"][0]["seal"]["sealId"]
    who = merchant(A) if drawn else SHOP
    found = verification.compare(story.deps, who, ComparisonRequest(data, seal_id, drawn))
    picture = found.signatures[0].picture
    assert picture is not None
    assert picture.rendered is not None
    return picture, picture.rendered


def test_the_seal_as_drawn_is_the_registered_one(story: Story) -> None:
    one = rendered(story, story.use(story.seal(), place=PLACE).sealed)
    assert one.distance.ink_overlap > 0.7  # thin lines, drawn once more
    assert one.distance.dhash_distance < 6
    assert not one.distance.pixel_identical
    assert one.dpi > 100
    assert one.difference_png is None


def test_words_beneath_and_paint_above_are_measured(story: Story) -> None:
    seal = story.seal()
    alone = rendered(story, story.use(seal, place=PLACE).sealed)
    over_words = replace(PLACE, x_mm=10, y_mm=0.5)
    beneath = rendered(story, story.use(story.seal(), pdf(), place=over_words).sealed)
    assert beneath.distance.mean_ink_difference > alone.distance.mean_ink_difference
    sealed = story.use(seal, place=PLACE).sealed
    box = (PLACE.x_mm, PLACE.y_mm, PLACE.width_mm, 20.0)
    painted = overpaint(sealed, "VOID", box)
    embedded, above = picture_of(story, painted, drawn=True)
    assert embedded.rgba_identical  # what is embedded says nothing of what is laid over it
    assert above.difference_png is not None
    assert above.difference_png.startswith(PNG)
