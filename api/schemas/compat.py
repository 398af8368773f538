"""HTTP shapes of open-eid/SiVa, whose names and error format these paths keep.

Source: api-conventions section 2.1. Unknown members are ignored, as SiVa does; older clients send
`documentType`.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from sealsvc.areas.verification.reports.siva import ReportType

MAX_SIGNATURE_FILES = 20
# SiVa's own policies; who names one gets this service's default, and is told so.
SIVA_POLICIES = frozenset({"POLv3", "POLv4"})

Filename = Annotated[str, Field(min_length=1, max_length=255)]


class SivaModel(BaseModel):
    """Base of SiVa's shapes."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="ignore", frozen=True, populate_by_name=True
    )


class SivaOptions(SivaModel):
    """What both requests share."""

    signature_policy: str | None = Field(
        None, max_length=64, description="A policy of this service; POLv3, POLv4 mean its own."
    )
    report_type: ReportType = ReportType.SIMPLE


class SivaValidateIn(SivaOptions):
    """A document to validate."""

    filename: Filename
    document: str = Field(min_length=1, description="The file in base64.")


class SivaDatafileIn(SivaModel):
    """A document of which only the digest is sent."""

    filename: Filename
    hash_algo: str = Field(min_length=1, max_length=32, description="SHA256, SHA384, SHA512, …")
    hash: str = Field(min_length=1, max_length=256, description="The digest in base64.")


class SivaSignatureFileIn(SivaModel):
    """A detached CMS (CAdES) signature, DER in base64, and its document's digest."""

    signature: str = Field(min_length=1)
    datafiles: list[SivaDatafileIn] | None = Field(
        None, max_length=1, description="None: the answer names the digest that was signed."
    )


class SivaHashcodeIn(SivaOptions):
    """Signatures whose documents stay with the caller."""

    signature_files: list[SivaSignatureFileIn] = Field(min_length=1, max_length=MAX_SIGNATURE_FILES)


class SivaErrorOut(BaseModel):
    """What is wrong with one member of the request."""

    key: str
    message: str


class SivaErrorsOut(SivaModel):
    """The only error format of SiVa's clients (HTTP 400)."""

    request_errors: list[SivaErrorOut]


class SivaReportOut(SivaModel):
    """`{validationConclusion, validationProcess?, diagnosticData?}`."""

    validation_conclusion: dict[str, Any]
    validation_process: dict[str, Any] | None = None
    diagnostic_data: dict[str, Any] | None = None


class SivaAnswerOut(SivaModel):
    """A validation's answer; a failed validation is one too."""

    validation_report: SivaReportOut
