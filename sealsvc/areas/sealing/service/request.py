"""What is asked of a sealing, and what comes of it."""

from dataclasses import dataclass, field

from sealsvc.areas.sealing.model import SealingView, validate_declaration
from sealsvc.areas.sealing.placing import PlaceWish
from sealsvc.areas.seals.model.views import SealView
from sealsvc.documents.values import Straddle
from sealsvc.ports import Rng
from sealsvc.values import Declaration, DocumentRole, SealId

_FIELD_NAME_BYTES = 6  # 48 bits, pdf.md section 2 rule 8


@dataclass(frozen=True)
class SealingRequest:
    """One document to be sealed. role: None where the sealer declares none; number, seller and
    parties are the declaration's (CONTRACT section 1). suite: None = as the format and the owner's
    default say. straddle: a seal over the edge of several pages, beside `place` or instead of it.
    """

    seal_id: SealId
    data: bytes
    place: PlaceWish = field(default_factory=PlaceWish)
    role: DocumentRole | None = None
    number: str | None = None
    seller_uscc: str | None = None
    party_usccs: tuple[str, ...] = ()
    suite: str | None = None
    straddle: Straddle | None = None

    def declaration(self) -> Declaration:
        """In canonical form. Raises: DeclarationInvalid."""
        role = self.role or DocumentRole.OTHER
        return validate_declaration(
            Declaration(role, self.number, self.seller_uscc, self.party_usccs)
        )


@dataclass(frozen=True)
class SealingResult:
    """A completed sealing and the sealed file."""

    view: SealingView
    sealed: bytes


def fresh_field_name(rng: Rng) -> str:
    """A name for a seal's field that no other revision of the file will choose."""
    return f"Seal-{rng.bytes(_FIELD_NAME_BYTES).hex()}"


def height_ratio(registered: SealView) -> float:
    """Height of the registered imprint over its width."""
    if registered.width_mm and registered.height_mm:
        return registered.height_mm / registered.width_mm
    return 1.0
