"""HTTP shapes of imports."""

from pydantic import Field

from api.schemas.common import ResponseModel
from api.texts import Language, text_of
from sealsvc.areas.entities.importing.batches import ImportReport
from sealsvc.areas.entities.importing.faults import RowProblem


class ImportRowOut(ResponseModel):
    """未导入的行 · A row that was not imported."""

    line: int = Field(description="1-based line of the file on which the row begins.")
    code: str = Field(description="Stable; explained at `/problems/{CODE}`.")
    field: str | None
    reason: str | None
    message: str

    @classmethod
    def of(cls, problem: RowProblem, language: Language) -> "ImportRowOut":
        """From the domain's value."""
        return cls(
            line=problem.line,
            code=problem.code,
            field=problem.field,
            reason=problem.reason,
            message=text_of(problem.code).title(language),
        )


class ImportOut(ResponseModel):
    """导入结果 · What became of the rows; `rows` names the first 1,000 that failed."""

    total: int
    created: int
    unchanged: int = Field(description="There already, with the same particulars.")
    failed: int
    rows: list[ImportRowOut]

    @classmethod
    def of(cls, report: ImportReport, language: Language) -> "ImportOut":
        """From the domain's value."""
        return cls(
            total=report.total,
            created=report.created,
            unchanged=report.unchanged,
            failed=report.failed,
            rows=[ImportRowOut.of(problem, language) for problem in report.problems],
        )
