"""The tamperings of the reader's own tests, judged here by the whole path."""

from tests.attacks.craft import revised
from tests.attacks.kinds.kind import INVOICE, MODIFIED, REFUSED, TWO, Kind, Make
from tests.attacks.world import World
from tests.unit.documents.test_pdf_tampering import IN_PLACE, REVISIONS, Tamper


def _slug(name: str) -> str:
    return name.replace("'", "").replace(" ", "-")


def _applied(tamper: Tamper) -> Make:
    def make(world: World, data: bytes) -> bytes:
        return tamper(data)

    return make


BASES = (INVOICE, TWO)
KINDS = (
    *(
        Kind(f"update-{_slug(name)}", name, revised(edit), MODIFIED, BASES)
        for name, edit in REVISIONS.items()
    ),
    *(
        Kind(f"bytes-{_slug(name)}", name, _applied(tamper), REFUSED, BASES)
        for name, tamper in IN_PLACE.items()
    ),
)
