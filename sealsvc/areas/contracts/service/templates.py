"""Publish and look up templates; a version never changes."""

import json
from hashlib import sha256

from sealsvc.areas.access.model import NotYourEntity, require
from sealsvc.areas.contracts import repo
from sealsvc.areas.contracts.model.contract import is_auditor
from sealsvc.areas.contracts.model.facts import template_published
from sealsvc.areas.contracts.model.template import (
    TemplateDraft,
    TemplateNotFound,
    TemplateView,
    template_json,
    validated_template,
)
from sealsvc.areas.deps import Deps
from sealsvc.imprint.fonts import FontName
from sealsvc.imprint.glyphs import require_glyphs
from sealsvc.values import Principal, Scope, random_id

ID_BYTES = 16


def publish(
    deps: Deps, principal: Principal, draft: TemplateDraft, template_id: str | None = None
) -> TemplateView:
    """A new template, or with an id its next version.

    A merchant's template is its own (scope `seal.sign`); an unbound operator's (`entity.write`)
    is everybody's. Raises: ScopeMissing, TemplateInvalid, GlyphMissing, TemplateNotFound,
    NotYourEntity.
    """
    require(principal, _scope(principal))
    template = validated_template(draft)
    shape = json.dumps(template_json(template), sort_keys=True, ensure_ascii=False)
    words = "".join(one.heading + one.text for one in template.clauses)
    require_glyphs(words, FontName.SONGTI)
    with deps.write() as tx:
        version = 1
        if template_id is None:
            template_id = random_id("tpl", deps.rng.bytes(ID_BYTES))
        else:
            last = repo.get_template(tx.session, template_id, lock=True)
            _require_visible(last, principal)
            if last.owner_uscc != principal.entity_uscc:
                raise NotYourEntity()
            version = last.version + 1
        view = TemplateView(
            template_id, version, principal.entity_uscc, template, tx.now, principal.client_id
        )
        digest = sha256(shape.encode()).hexdigest()
        fact_id = tx.record(template_published(view, content_sha256=digest))
        view = TemplateView(
            template_id, version, view.owner_uscc, template, tx.now, view.by, fact_id
        )
        repo.add_template(tx.session, view)
        tx.commit()
    return view


def get(
    deps: Deps, principal: Principal, template_id: str, version: int | None = None
) -> TemplateView:
    """One version, the newest where none is named. Raises: TemplateNotFound."""
    with deps.read() as session:
        view = repo.get_template(session, template_id, version)
    _require_visible(view, principal)
    return view


def search(
    deps: Deps, principal: Principal, *, after: str | None = None, limit: int = 50
) -> list[TemplateView]:
    """The newest version of everybody's templates and of one's own; auditors see all."""
    with deps.read() as session:
        return repo.search_templates(
            session,
            principal.entity_uscc,
            every=is_auditor(principal),
            after=after,
            limit=limit,
        )


def _scope(principal: Principal) -> Scope:
    return Scope.ENTITY_WRITE if principal.entity_uscc is None else Scope.SEAL_SIGN


def _require_visible(view: TemplateView, principal: Principal) -> None:
    if view.owner_uscc not in (None, principal.entity_uscc) and not is_auditor(principal):
        raise TemplateNotFound()
