"""Import of seals: physical ones with code and imprint, and applications for electronic ones.

An import applies; who approves is another person, and issuing (filing, for a physical seal) is
theirs too. So no import ever puts a seal into use. Source: CONTRACT section 2.
"""

import base64
import binascii
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.exc import IntegrityError

from sealsvc.areas.access.model import require
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import service as entities
from sealsvc.areas.entities.importing.batches import (
    ImportReport,
    Prepared,
    Progress,
    RowResult,
    RowState,
    run_import,
)
from sealsvc.areas.entities.importing.cells import (
    choice_cell,
    labels,
    number_cell,
    required_cell,
    text_cell,
)
from sealsvc.areas.entities.importing.faults import (
    ImportRowDiffers,
    ImportRowInvalid,
    ImportRowRepeated,
    RowProblem,
    problem_of,
)
from sealsvc.areas.entities.importing.source import SourceRow, columns, read_rows
from sealsvc.areas.entities.model import EntityView, canonicalise
from sealsvc.areas.seals import repo
from sealsvc.areas.seals.model import SealAction, SealParties, may, require_seal_code
from sealsvc.areas.seals.model.pictures import filed_picture
from sealsvc.areas.seals.model.views import SealApplication, SealView, validate_application
from sealsvc.areas.seals.service.apply import (
    Imprint,
    insert_application,
    make_imprint,
    record_application,
    set_imprint,
)
from sealsvc.errors import BadInput, Conflict, NotFound
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import Principal, Scope, SealId, SealMedium, SealType

BATCH = 100

COLUMNS = columns(
    {
        "uscc": ("统一社会信用代码", "信用代码", "使用单位代码"),
        "type": ("印章类型", "类型"),
        "medium": ("介质", "印章形式"),
        "name": ("印章名称", "名称"),
        "code": ("印章编码",),
        "personName": ("姓名", "人名"),
        "sequence": ("序号",),
        "suite": ("签名算法", "签章算法"),
        "counterpartSealId": ("对应印章",),
        "imprint": ("印模",),
    },
    "uscc",
    "type",
    "medium",
    "name",
)
_MEDIA = labels(
    {
        "实物": SealMedium.PHYSICAL,
        "实体": SealMedium.PHYSICAL,
        "物理": SealMedium.PHYSICAL,
        "电子": SealMedium.ELECTRONIC,
    }
)
# Numbers as the registries of physical seals write them. Source: china-domain section 2.2.
_TYPES = labels(
    {
        "01": SealType.OFFICIAL,
        "公章": SealType.OFFICIAL,
        "法定名称章": SealType.OFFICIAL,
        "02": SealType.FINANCE,
        "财务专用章": SealType.FINANCE,
        "03": SealType.INVOICE,
        "发票专用章": SealType.INVOICE,
        "04": SealType.CONTRACT,
        "合同专用章": SealType.CONTRACT,
        "05": SealType.LEGAL_REPRESENTATIVE,
        "法定代表人名章": SealType.LEGAL_REPRESENTATIVE,
        "99": SealType.OTHER,
        "其他": SealType.OTHER,
        "报关专用章": SealType.CUSTOMS,
        "人事章": SealType.PERSONNEL,
        "部门章": SealType.DEPARTMENT,
        "分支机构章": SealType.BRANCH,
        "职务章": SealType.POSITION,
    }
)
_FIELDS = {
    "ENTITY_NOT_FOUND": "uscc",
    "ENTITY_NOT_YOURS": "uscc",
    "ENTITY_ALREADY_CANCELLED": "uscc",
    "SEAL_CODE_INVALID": "code",
    "SEAL_CODE_TAKEN": "code",
    "SEAL_LIMIT_REACHED": "type",
    "SEAL_COUNTERPART_INVALID": "counterpartSealId",
    "SEAL_NOT_FOUND": "counterpartSealId",
    "IMPRINT_PICTURE_UNREADABLE": "imprint",
    "GLYPH_MISSING": "name",
    "IMPRINT_TEXT_TOO_LONG": "name",
}
_USCC_INPUT_LIMIT = 64


def import_seals(
    deps: Deps,
    principal: Principal,
    data: bytes,
    *,
    progress: Progress = lambda line: None,
) -> ImportReport:
    """Apply for the seals of a file: CSV, a JSON array or NDJSON.

    A physical seal is known again by its code; any other by owner, type, medium, name, person and
    number, while it lives. One that is there already and equal is unchanged.
    Raises: ScopeMissing, ImportEncodingUnknown, ImportFileInvalid, ImportHeaderInvalid,
    ImportTooLong, Unavailable.
    """
    require(principal, Scope.SEAL_APPLY)
    rows = read_rows(data, COLUMNS)
    return run_import(_Applications(deps, principal), rows, size=BATCH, progress=progress)


@dataclass(frozen=True)
class _Ready:
    """An application that is to be written, with what was drawn or taken for it."""

    application: SealApplication
    owner: EntityView
    imprint: Imprint | None


@dataclass(frozen=True)
class _Applications:
    deps: Deps
    principal: Principal
    fields: Mapping[str, str] = field(default_factory=lambda: dict(_FIELDS))

    def prepare(self, row: SourceRow) -> SealApplication:
        """The application that the row describes. Raises: BadInput, NotAllowed."""
        uscc = canonicalise(required_cell(row, "uscc")[:_USCC_INPUT_LIMIT])
        may(self.principal, SealAction.APPLY, SealParties(uscc, self.principal.client_id))
        seal_type = choice_cell(row, "type", SealType, _TYPES)
        medium = choice_cell(row, "medium", SealMedium, _MEDIA)
        if seal_type is None or medium is None:
            raise ImportRowInvalid(field="medium" if seal_type else "type", reason="MISSING")
        counterpart = text_cell(row, "counterpartSealId")
        application = SealApplication(
            uscc=uscc,
            seal_type=seal_type,
            medium=medium,
            name=required_cell(row, "name").strip(),
            code=text_cell(row, "code"),
            person_name=text_cell(row, "personName"),
            sequence=number_cell(row, "sequence"),
            suite=text_cell(row, "suite"),
            counterpart_seal_id=None if counterpart is None else SealId(counterpart[:40]),
            imprint=_picture(row),
        )
        validate_application(application)
        if application.code is None:
            return application
        return replace(application, code=require_seal_code(application.code).code)

    def store(self, rows: Sequence[Prepared[SealApplication]]) -> list[RowResult]:
        """One unit of work for what is new. Raises: what `seals.service.apply` raises."""
        results: list[RowResult] = []
        ready: list[_Ready] = []
        fresh: dict[Hashable, SealApplication] = {}
        for row in rows:
            key = _key(row.value)
            found = _against(row, fresh[key]) if key in fresh else self._look(row)
            if isinstance(found, _Ready):
                ready.append(found)
                fresh[key] = row.value
                found = RowState.CREATED
            results.append(found)
        self._write(ready)
        return results

    def _look(self, row: Prepared[SealApplication]) -> _Ready | RowResult:
        """A new seal with its imprint, made outside any transaction; else what becomes of it."""
        application = row.value
        try:
            with self.deps.read() as session:
                owner = entities.get_active_in(session, application.uscc)
                known = repo.find_like(session, application)
            if known is None:
                return _Ready(application, owner, make_imprint(self.deps, owner, application))
            differing = _differing(known, application) or self._other_picture(known, application)
        except (BadInput, Conflict, NotFound) as error:
            return problem_of(row.line, error, self.fields.get(error.code))
        if differing is None:
            return RowState.UNCHANGED
        return RowProblem(row.line, ImportRowDiffers.code, differing)

    def _other_picture(self, known: SealView, application: SealApplication) -> str | None:
        if application.imprint is None:
            return None
        given = self.deps.sandbox.run(filed_picture, application.imprint)
        return None if given.rgba_sha256 == known.imprint_rgba_sha256 else "imprint"

    def _write(self, ready: list[_Ready]) -> None:
        if not ready:
            return
        try:
            with self.deps.write() as tx:
                # Owners are locked one after the other: in one order everywhere, so no deadlock.
                for one in sorted(ready, key=lambda one: one.owner.uscc):
                    self._apply(tx, one)
                tx.commit()
        except IntegrityError as error:  # filed by another since it was looked for
            raise ImportRowDiffers(field="code") from error

    def _apply(self, tx: UnitOfWork, one: _Ready) -> None:
        row = insert_application(tx, self.deps, self.principal, one.application, one.owner)
        set_imprint(row, one.imprint)
        record_application(tx, row, self.principal)


def _picture(row: SourceRow) -> bytes | None:
    """The imprint out of base64. Raises: ImportRowInvalid."""
    text = text_cell(row, "imprint")
    if text is None:
        return None
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImportRowInvalid(field="imprint", reason="BASE64") from error


def _key(application: SealApplication) -> Hashable:
    """What an application is known again by."""
    if application.code is not None:
        return application.code
    return (
        application.uscc,
        application.seal_type,
        application.medium,
        application.name,
        application.person_name,
        application.sequence,
    )


def _against(row: Prepared[SealApplication], earlier: SealApplication) -> RowResult:
    """What becomes of a row whose seal an earlier row of the same batch applies for."""
    if row.value == earlier:
        return RowState.UNCHANGED
    return RowProblem(row.line, ImportRowRepeated.code, "code" if row.value.code else "name")


def _differing(known: SealView, application: SealApplication) -> str | None:
    """Wire name of the first particular that differs from the seal that is there; None: equal."""
    pairs: tuple[tuple[str, object, object], ...] = (
        ("uscc", known.owner_uscc, application.uscc),
        ("type", known.seal_type, application.seal_type),
        ("medium", known.medium, application.medium),
        ("name", known.name, application.name),
        ("personName", known.person_name, application.person_name),
        ("sequence", known.sequence, application.sequence),
        ("suite", known.suite, application.suite or known.suite),
        (
            "counterpartSealId",
            known.counterpart_seal_id,
            application.counterpart_seal_id or known.counterpart_seal_id,
        ),
    )
    return next((name for name, before, now in pairs if before != now), None)
