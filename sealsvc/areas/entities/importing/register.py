"""Import of entities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sealsvc.areas.access.model import require, require_entity
from sealsvc.areas.deps import Deps
from sealsvc.areas.entities import repo
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
    list_cell,
    required_cell,
    text_cell,
)
from sealsvc.areas.entities.importing.faults import ImportRowDiffers, ImportRowRepeated, RowProblem
from sealsvc.areas.entities.importing.source import SourceRow, columns, read_rows
from sealsvc.areas.entities.model import (
    EntityAlreadyCancelled,
    EntityDraft,
    EntityStatus,
    EntityView,
    OrganizationType,
    changed_fields,
    entity_registered,
    require_uscc,
    validate_draft,
)
from sealsvc.areas.entities.service import policy_of
from sealsvc.storage.uow import UnitOfWork
from sealsvc.values import Principal, Scope, random_id

BATCH = 500

COLUMNS = columns(
    {
        "uscc": ("统一社会信用代码", "信用代码"),
        "legalName": ("名称", "主体名称", "企业名称", "单位名称"),
        "shortNames": ("简称", "规范化简称"),
        "legalRepresentative": ("法定代表人", "负责人", "经营者"),
        "registeredAddress": ("住所", "注册地址", "经营场所", "地址"),
        "organizationType": ("主体类型", "类型"),
        "sealingSuite": ("签章算法",),
    },
    "uscc",
    "legalName",
)
_FIELDS = {"USCC_INVALID": "uscc", "ENTITY_NOT_YOURS": "uscc", "ENTITY_EXISTS": "uscc"}
_TYPES = labels(
    {
        "企业": OrganizationType.ENTERPRISE,
        "个体工商户": OrganizationType.INDIVIDUAL_BUSINESS,
        "农民专业合作社": OrganizationType.FARMERS_COOPERATIVE,
        "机关": OrganizationType.GOVERNMENT_ORGAN,
        "事业单位": OrganizationType.PUBLIC_INSTITUTION,
        "社会组织": OrganizationType.SOCIAL_ORGANIZATION,
        "其他": OrganizationType.OTHER,
    }
)


def import_entities(
    deps: Deps,
    principal: Principal,
    data: bytes,
    *,
    progress: Progress = lambda line: None,
) -> ImportReport:
    """Register the entities of a file: CSV, a JSON array or NDJSON.

    A row whose entity is registered already with the same particulars is unchanged; with others it
    fails and nothing changes, since an import adds to the register and corrects nothing.
    Raises: ScopeMissing, ImportEncodingUnknown, ImportFileInvalid, ImportHeaderInvalid,
    ImportTooLong, Unavailable.
    """
    require(principal, Scope.ENTITY_WRITE)
    rows = read_rows(data, COLUMNS)
    return run_import(_Register(deps, principal), rows, size=BATCH, progress=progress)


@dataclass(frozen=True)
class _Register:
    deps: Deps
    principal: Principal
    fields: Mapping[str, str] = field(default_factory=lambda: dict(_FIELDS))

    def prepare(self, row: SourceRow) -> EntityDraft:
        """The entity that the row describes. Raises: BadInput, NotYourEntity."""
        policy = policy_of(self.deps)
        uscc = require_uscc(required_cell(row, "uscc"), policy=policy).code
        require_entity(self.principal, uscc)
        draft = EntityDraft(
            uscc=uscc,
            legal_name=required_cell(row, "legalName"),
            short_names=list_cell(row, "shortNames"),
            legal_representative=text_cell(row, "legalRepresentative"),
            registered_address=text_cell(row, "registeredAddress"),
            organization_type=choice_cell(row, "organizationType", OrganizationType, _TYPES),
            sealing_suite=text_cell(row, "sealingSuite"),
        )
        return validate_draft(draft, policy=policy)

    def store(self, rows: Sequence[Prepared[EntityDraft]]) -> list[RowResult]:
        """One unit of work. Raises: EntityExists, LeafTooLarge."""
        results: list[RowResult] = []
        with self.deps.write() as tx:
            known = repo.find_all(tx.session, [row.value.uscc for row in rows])
            fresh: dict[str, EntityView] = {}
            for row in rows:
                seen = known.get(row.value.uscc) or fresh.get(row.value.uscc)
                if seen is None:
                    fresh[row.value.uscc] = self._registered(tx, row.value)
                    results.append(RowState.CREATED)
                else:
                    results.append(_against(row, seen, repeated=seen.uscc in fresh))
            repo.add_all(tx.session, list(fresh.values()), by=self.principal.client_id)
            if fresh:
                tx.commit()
        return results

    def _registered(self, tx: UnitOfWork, draft: EntityDraft) -> EntityView:
        tx.record(entity_registered(draft, by=self.principal.client_id))
        return EntityView(
            entity_id=random_id("ent", self.deps.rng.bytes(16)),
            status=EntityStatus.ACTIVE,
            registered_at=tx.now,
            changed_at=tx.now,
            **vars(draft),
        )


def _against(row: Prepared[EntityDraft], seen: EntityView, *, repeated: bool) -> RowResult:
    """What becomes of a row whose entity is there already, of this file or from before."""
    if seen.status is not EntityStatus.ACTIVE:
        return RowProblem(row.line, EntityAlreadyCancelled.code, "uscc")
    changed = changed_fields(seen.draft, row.value)
    if not changed:
        return RowState.UNCHANGED
    kind = ImportRowRepeated if repeated else ImportRowDiffers
    return RowProblem(row.line, kind.code, changed[0])
