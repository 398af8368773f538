"""HTTP shapes of verification and comparison."""

from base64 import b64encode
from typing import Any

from pydantic import ConfigDict, Field

from api.schemas.common import RequestModel, ResponseModel, UtcTime
from sealsvc.areas.verification.comparing import (
    Comparison,
    FieldComparison,
    PictureComparison,
    RenderedComparison,
    SignatureComparison,
    SizeComparison,
)
from sealsvc.areas.verification.model import VerificationRequest
from sealsvc.imprint.compare import ImprintDistance
from sealsvc.values import DocumentRole, SealType
from sealsvc.verify.evidence import Expectation


class ExpectOptions(RequestModel):
    """What the caller expects of the document; what is left out is not expected."""

    role: DocumentRole | None = None
    seller_uscc: str | None = Field(None, max_length=64)
    party_usccs: list[str] = Field(default_factory=list, max_length=200)
    seal_type: SealType | None = None
    signer_uscc: str | None = Field(
        None, max_length=64, description="Credit code that each signer certificate must name."
    )

    def expectation(self) -> Expectation:
        """As the domain knows it; codes are not checked yet."""
        return Expectation(
            role=self.role,
            seller_uscc=self.seller_uscc,
            party_usccs=tuple(self.party_usccs),
            seal_type=self.seal_type,
            signer_uscc=self.signer_uscc,
        )


class VerifyOptions(RequestModel):
    """How a document is judged."""

    policy: str | None = Field(None, max_length=64, description="Name of a validation policy.")
    validation_time: UtcTime | None = Field(None, description="Judge as of then; now by default.")
    expect: ExpectOptions = Field(default_factory=ExpectOptions)
    evidence: bool = Field(False, description="Record the verification; needs a key.")

    def request(self, data: bytes, filename: str | None) -> VerificationRequest:
        """What the domain is asked."""
        return VerificationRequest(
            data=data,
            filename=filename,
            policy=self.policy,
            validation_time=self.validation_time,
            expectation=self.expect.expectation(),
            record=self.evidence,
        )


class AxesOut(ResponseModel):
    """Each PASSED, FAILED, INDETERMINATE or NOT_CHECKED."""

    integrity: str
    trust: str
    seal_authority: str
    semantics: str


class ReceiptRef(ResponseModel):
    """The fact that the verification itself became."""

    id: str
    format: str


class VerificationReportOut(ResponseModel):
    """A report, schema "1"; members beyond these are described in docs/verification.md."""

    model_config = ConfigDict(extra="allow")

    id: str
    object: str
    # `schema` is a name that pydantic keeps for itself.
    schema_version: str = Field(alias="schema")
    summary: str = Field(
        description="UNSIGNED, MODIFIED, INVALID, TRUSTED, INTACT or INDETERMINATE."
    )
    sentence: str
    sentence_en: str
    indication: str
    sub_indications: list[str]
    axes: AxesOut
    signatures_count: int
    valid_signatures_count: int
    validation_time: UtcTime
    policy: dict[str, Any]
    signatures: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    receipt: ReceiptRef | None
    links: dict[str, str]


class FieldComparisonOut(ResponseModel):
    """One field on both sides; agrees is null where one side is silent."""

    field: str
    registered: str | None
    found: str | None
    agrees: bool | None

    @classmethod
    def of(cls, item: FieldComparison) -> "FieldComparisonOut":
        """The shape of a field."""
        return cls(
            field=item.field, registered=item.registered, found=item.found, agrees=item.agrees
        )


class SizeOut(ResponseModel):
    """Millimetres."""

    shown_width_mm: float
    shown_height_mm: float
    registered_width_mm: float | None
    registered_height_mm: float | None

    @classmethod
    def of(cls, size: SizeComparison) -> "SizeOut":
        """The shape of the sizes."""
        return cls(
            shown_width_mm=size.shown_width_mm,
            shown_height_mm=size.shown_height_mm,
            registered_width_mm=size.registered_width_mm,
            registered_height_mm=size.registered_height_mm,
        )


class DistanceOut(ResponseModel):
    """Measured distances of two pictures; identical ones measure 0, overlap 1."""

    byte_identical: bool | None = Field(description="null for a picture taken from a document.")
    pixel_identical: bool
    size_px: list[int]
    registered_size_px: list[int]
    mean_ink_difference: float
    ink_overlap: float
    dhash_distance: int = Field(description="Differing bits of 64.")
    color_difference: float | None
    aspect_difference: float | None

    @classmethod
    def of(cls, distance: ImprintDistance, *, embedded: bool) -> "DistanceOut":
        """The shape of the measures; what a document embeds was re-encoded."""
        return cls(
            byte_identical=None if embedded else distance.byte_identical,
            pixel_identical=distance.pixel_identical,
            size_px=list(distance.size_a_px),
            registered_size_px=list(distance.size_b_px),
            mean_ink_difference=distance.mean_ink_difference,
            ink_overlap=distance.ink_overlap,
            dhash_distance=distance.dhash_distance,
            color_difference=distance.color_difference,
            aspect_difference=distance.aspect_difference,
        )


class RenderedComparisonOut(ResponseModel):
    """The seal's place as a reader shows it, against the registered imprint."""

    dpi: float = Field(description="Resolution at which the place was drawn.")
    distance: DistanceOut = Field(
        description="Words under the seal and whatever lies over it are measured too."
    )
    difference_png: str | None

    @classmethod
    def of(cls, item: RenderedComparison) -> "RenderedComparisonOut":
        """The shape of a rendered place's comparison."""
        return cls(
            dpi=round(item.dpi, 1),
            distance=DistanceOut.of(item.distance, embedded=True),
            difference_png=_b64(item.difference_png),
        )


class PictureComparisonOut(ResponseModel):
    """A picture against the registered imprint. differencePng: base64 of a PNG."""

    distance: DistanceOut
    size: SizeOut | None
    difference_png: str | None
    rendered: RenderedComparisonOut | None = Field(
        description="null for a picture compared alone, and where the place cannot be drawn."
    )

    @classmethod
    def of(cls, item: PictureComparison, *, embedded: bool) -> "PictureComparisonOut":
        """The shape of a picture's comparison."""
        rendered = item.rendered
        return cls(
            distance=DistanceOut.of(item.distance, embedded=embedded),
            size=None if item.size is None else SizeOut.of(item.size),
            difference_png=_b64(item.difference_png),
            rendered=None if rendered is None else RenderedComparisonOut.of(rendered),
        )


def _b64(png: bytes | None) -> str | None:
    return None if png is None else b64encode(png).decode()


class SignatureComparisonOut(ResponseModel):
    """One signature of the document against the registered seal."""

    id: str
    fields: list[FieldComparisonOut]
    picture: PictureComparisonOut | None

    @classmethod
    def of(cls, item: SignatureComparison) -> "SignatureComparisonOut":
        """The shape of a signature's comparison."""
        picture = item.picture
        return cls(
            id=item.signature_id,
            fields=[FieldComparisonOut.of(one) for one in item.fields],
            picture=None if picture is None else PictureComparisonOut.of(picture, embedded=True),
        )


class StatementOut(ResponseModel):
    """What the measures do and do not say, in both languages."""

    zh: str
    en: str


_STATEMENTS = {
    "picture": StatementOut(
        zh="仅比对图样：图样再相似也不能证明文件由该印章加盖。请对原始文件进行验证。",
        en="Only the picture was measured. However alike, a picture proves nothing about who "
        "sealed; verify the original file.",
    ),
    "document": StatementOut(
        zh="以下仅为比对数据，不构成真伪结论；结论以验证报告为准。",
        en="These are measurements, not a verdict; the verdict is the verification report's.",
    ),
}


class ComparisonOut(ResponseModel):
    """What agrees between a document or picture and a registered seal; never a verdict."""

    object: str = "comparison"
    kind: str = Field(description="`document` or `picture`.")
    seal_id: str
    media_type: str
    digest: str = Field(description="SHA-256 of what was sent, lower-case hex.")
    statement: StatementOut
    signatures: list[SignatureComparisonOut]
    picture: PictureComparisonOut | None

    @classmethod
    def of(cls, item: Comparison) -> "ComparisonOut":
        """The shape of a comparison."""
        picture = item.picture
        return cls(
            kind=item.kind,
            seal_id=item.seal_id,
            media_type=item.media_type,
            digest=item.document_sha256,
            statement=_STATEMENTS[item.kind],
            signatures=[SignatureComparisonOut.of(one) for one in item.signatures],
            picture=None if picture is None else PictureComparisonOut.of(picture, embedded=False),
        )
