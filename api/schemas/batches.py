"""HTTP shapes of batch sealing."""

from typing import Any

from pydantic import Field

from api.schemas.common import RequestModel, ResponseModel
from api.schemas.sealings import SealingOptions


class BatchLine(SealingOptions):
    """One line of an NDJSON batch."""

    name: str = Field(max_length=255, description="Unique in the batch; a relative path.")
    document: str = Field(description="The file, standard base64.")


class BatchManifest(RequestModel):
    """`manifest.json` of a zip: options of the sealing by file name, and for all."""

    defaults: dict[str, Any] = Field(
        default_factory=dict, description="Options of every file; its own ones go before them."
    )
    files: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="By name: the members of SealingOptions."
    )

    def options_of(self, name: str) -> dict[str, Any]:
        """What is said of a file."""
        return {**self.defaults, **self.files.get(name, {})}


class BatchItemOut(ResponseModel):
    """What became of one item; one line of the answer."""

    name: str
    status: str = Field(description="COMPLETED or FAILED.")
    code: str | None = Field(None, description="Of a failure; explained at /problems/{code}.")
    fields: dict[str, Any] | None = Field(None, description="What the failure names.")
    resumed: bool = Field(False, description="An earlier request with this key had completed it.")
    sealing_id: str | None = None
    original_digest: str | None = None
    digest: str | None = Field(None, description="Of the sealed file; opens its facts.")
    signature_digest: str | None = None
    media_type: str | None = None
    completed_fact_id: str | None = None
    warnings: list[str] = Field(default_factory=list)
    document: str | None = Field(None, description="The sealed file, standard base64.")
