"""Reading an OFD: every signature, what it covers, whether it holds, and what no one covers.

Source: ofd.md sections 1 to 5.
"""

from dataclasses import dataclass
from hashlib import sha256
from itertools import islice

from sealsvc.documents.ofd import errors, listing, pages
from sealsvc.documents.ofd.archive import open_archive
from sealsvc.documents.ofd.changes import (
    SignedParts,
    changes_after,
    coverage_of,
    revisions,
    worst_of,
)
from sealsvc.documents.ofd.coverage import PageEntry, Reach, reach_of
from sealsvc.documents.ofd.limits import MAX_SIGNATURES
from sealsvc.documents.ofd.listing import ListedSignature, SignatureList
from sealsvc.documents.ofd.package import ENTRY_POINT, Package, Problems
from sealsvc.documents.ofd.references import (
    Checked,
    Description,
    check_references,
    read_description,
)
from sealsvc.documents.ofd.signatures import ValueReading, read_value, tokens_of
from sealsvc.documents.ofd.stamps import SealPictures, StampReader
from sealsvc.documents.ofd.xml import XmlInvalidError
from sealsvc.documents.pdf.errors import PageNotFound
from sealsvc.documents.values import (
    Coverage,
    DigestOutcome,
    DocumentReading,
    SealPicture,
    SignatureOutcome,
    SignatureReading,
    StampBox,
)

MAX_EXTRAS = 20
"""How many files that a signature leaves out are named."""
NOTHING = Checked(DigestOutcome.NOT_CHECKED, frozenset(), ())


@dataclass
class _Signature:
    """One signature on its way to a SignatureReading."""

    listed: ListedSignature
    described: Description | None
    checked: Checked
    value: ValueReading
    stamps: tuple[StampBox, ...]
    picture: SealPicture | None
    problems: Problems

    @property
    def digest(self) -> DigestOutcome:
        """DIFFERS if any digest does, MATCHES only if all do."""
        both = (self.checked.outcome, self.value.digest)
        if DigestOutcome.DIFFERS in both:
            return DigestOutcome.DIFFERS
        if both == (DigestOutcome.MATCHES, DigestOutcome.MATCHES):
            return DigestOutcome.MATCHES
        return DigestOutcome.NOT_CHECKED

    def parts(self, order: int) -> SignedParts:
        """What the other signatures need to know of this one."""
        described = self.described
        own: set[str | None] = {self.listed.name}
        named: set[str | None] = set()
        if described is not None:
            own |= {described.value, described.seal}
            named |= {one.name for one in described.references}
        failed = self.value.signature is SignatureOutcome.FAILS
        verifies = self.value.signature is SignatureOutcome.VERIFIES
        return SignedParts(
            order=order,
            body=self.listed.body,
            own=frozenset(one for one in own if one is not None),
            covered=self.checked.covered,
            named=frozenset(one for one in named if one is not None),
            broken=self.checked.broken,
            intact=verifies and self.digest is DigestOutcome.MATCHES,
            unchecked=not failed and self.digest is not DigestOutcome.DIFFERS,
        )


def open_package(data: bytes) -> Package:
    """The package of an OFD.

    Raises: DocumentEncrypted, DocumentUnreadable; UnsupportedFormat for a ZIP of another kind.
    """
    # The parent package names this one in its list of formats, so it cannot be imported above.
    from sealsvc.documents import UnsupportedFormat

    try:
        package = Package(open_archive(data))
    except (errors.DocumentUnreadable, errors.DocumentEncrypted) as error:
        if ENTRY_POINT.encode() in data:
            raise
        raise UnsupportedFormat() from error
    if package.part(ENTRY_POINT) != ENTRY_POINT:
        raise UnsupportedFormat()
    return package


def read(data: bytes) -> DocumentReading:
    """All that the bytes alone say of an OFD's signatures.

    Raises: DocumentEncrypted, DocumentUnreadable, UnsupportedFormat.
    """
    package = open_package(data)
    bodies = package.bodies()
    reaches = tuple(reach_of(package, body) for body in bodies)
    lists = tuple(listing.read_list(package, body, i) for i, body in enumerate(bodies))
    listed = [one for each in lists for one in each.signatures][:MAX_SIGNATURES]
    page_count = sum(len(reach.pages) for reach in reaches)
    if not listed and not page_count:
        raise errors.package_invalid("no page", errors.XML_INVALID)
    for reach in reaches:
        for problem in reach.problems:
            package.problems.note(problem.code, problem.detail)
    stampers = _stampers(package, reaches)
    pictures = SealPictures()
    signatures = [_read_signature(package, one, stampers[one.body], pictures) for one in listed]
    parts = tuple(one.parts(order) for order, one in enumerate(signatures, 1))
    _note_bases(lists, signatures, parts)
    _note_lists(package, lists, signatures, parts)
    _note_unprotected(package, reaches, parts)
    _note_extras(package, lists, signatures, parts, reaches)
    order = revisions(parts)
    return DocumentReading(
        kind="ofd",
        size_bytes=len(data),
        page_count=page_count,
        revision_count=1,
        signatures=tuple(
            _finished(one, mine, parts, reaches[one.listed.body], number)
            for one, mine, number in zip(signatures, parts, order, strict=True)
        ),
        earlier_signatures=(),
        problems=tuple(package.problems),
    )


def page_size(data: bytes, page: int) -> tuple[float, float]:
    """Width and height in millimetres of a page (1-based).

    Raises: PageNotFound and what `read` raises.
    """
    package = open_package(data)
    found = shown_pages(package)
    if not 1 <= page <= len(found):
        raise PageNotFound(page=page, pages=len(found))
    return pages.PageSizes(package).of(found[page - 1])


def shown_pages(package: Package) -> tuple[PageEntry, ...]:
    """The pages of all bodies as shown, in order. Raises: DocumentUnreadable."""
    return tuple(page for body in package.bodies() for page in reach_of(package, body).pages)


def _stampers(package: Package, reaches: tuple[Reach, ...]) -> list[StampReader]:
    found: list[StampReader] = []
    first = 1
    for reach in reaches:
        found.append(StampReader(package, reach, first))
        first += len(reach.pages)
    return found


def _read_signature(
    package: Package,
    listed: ListedSignature,
    stamper: StampReader,
    pictures: SealPictures,
) -> _Signature:
    problems = Problems()
    described = _described(package, listed, problems)
    kind = "OFD.Sign" if listed.kind.lower() == "sign" else "OFD.Seal"
    if described is None:
        value = ValueReading(kind)
        return _Signature(listed, None, NOTHING, value, (), None, problems)
    checked = check_references(package, described, problems)
    value = read_value(package, described, listed.kind)
    stamps = stamper.read(described.stamps, problems)
    picture = None if value.eseal is None else pictures.read(value.eseal, stamps, problems)
    return _Signature(listed, described, checked, value, stamps, picture, problems)


def _described(package: Package, listed: ListedSignature, problems: Problems) -> Description | None:
    if listed.name is None:
        problems.note(errors.SIGNATURE_FILE_MISSING)
        return None
    try:
        return read_description(package, listed.name)
    except XmlInvalidError:
        problems.note(errors.XML_INVALID, f"/{listed.name}")
        return None


def _note_bases(
    lists: tuple[SignatureList, ...],
    signatures: list[_Signature],
    parts: tuple[SignedParts, ...],
) -> None:
    """A signature that builds on others holds only when these do."""
    intact = {one.listed for one, mine in zip(signatures, parts, strict=True) if mine.intact}
    for one in signatures:
        bases = listing.bases_of(one.listed, lists[one.listed.body])
        if bases is None:
            one.problems.note(errors.SIGNATURE_UNLISTED, "Relative")
        elif one.listed in bases or not intact.issuperset(bases):
            one.problems.note(errors.RELATIVE_INVALID)


def _note_lists(
    package: Package,
    lists: tuple[SignatureList, ...],
    signatures: list[_Signature],
    parts: tuple[SignedParts, ...],
) -> None:
    known = frozenset(name for one in parts for name in one.own)
    written = [one.listed.id for one in signatures]
    written += [
        mark.id for one in signatures if one.described is not None for mark in one.described.stamps
    ]
    numbers = (listing.number(text) for text in written)
    listing.note_unlisted(package, lists, known, frozenset(n for n in numbers if n is not None))
    codes = {problem.code for problem in package.problems}
    doubts = {errors.SIGNATURE_UNLISTED, errors.SIGNATURE_LIST_MISSING, errors.XML_INVALID}
    if not signatures and not codes & doubts:
        package.problems.note(errors.NOT_SIGNED)


def _note_unprotected(
    package: Package, reaches: tuple[Reach, ...], parts: tuple[SignedParts, ...]
) -> None:
    """Shown parts that no intact signature covers; of signatures nobody can check, by name."""
    if not parts:
        return
    trusted = [one for one in parts if one.intact] or [one for one in parts if one.unchecked]
    covered = frozenset(name for one in trusted for name in one.covered)
    for reach in reaches:
        for name in reach.missing(covered) if trusted else ():
            package.problems.note(errors.UNPROTECTED_CONTENT, f"{reach.parts[name]} /{name}")
        for name in reach.missing_extras(covered) if trusted else ():
            package.problems.note(errors.UNPROTECTED_EXTRA, f"{reach.parts[name]} /{name}")


def _note_extras(
    package: Package,
    lists: tuple[SignatureList, ...],
    signatures: list[_Signature],
    parts: tuple[SignedParts, ...],
    reaches: tuple[Reach, ...],
) -> None:
    """Files that a signature leaves out, though nothing that it must cover shows them.

    Programs take data from fixed paths, and readers that unpack to a disk mix names up.
    """
    apart = {name for one in parts for name in one.own} | {one.name for one in lists}
    for signature, mine in zip(signatures, parts, strict=True):
        known = mine.named | apart | set(reaches[mine.body].missing(mine.named))
        extras = (name for name in package.names if name not in known)
        for name in islice(extras, MAX_EXTRAS) if mine.named else ():
            signature.problems.note(errors.UNPROTECTED_EXTRA, f"/{name}")


def _finished(
    signature: _Signature,
    mine: SignedParts,
    parts: tuple[SignedParts, ...],
    reach: Reach,
    revision: int,
) -> SignatureReading:
    value = signature.value
    name = f"/{signature.listed.name or signature.listed.location}"
    value_sha256 = sha256(value.signature_value).hexdigest() if value.signature_value else None
    identity = value_sha256 or sha256(name.encode("utf-8", "replace")).hexdigest()
    changes = changes_after(mine, parts)
    described = signature.described
    return SignatureReading(
        id=f"S-{identity[:16]}",
        field_name=name,
        is_timestamp=False,
        sub_filter=value.sub_filter,
        revision=revision,
        byte_range=(),
        coverage=Coverage.UNKNOWN if described is None else coverage_of(mine, reach),
        digest=signature.digest,
        signature=value.signature,
        digest_algorithm=None if described is None else described.method,
        signature_algorithm=value.signature_algorithm,
        signature_algorithm_oid=value.signature_algorithm_oid,
        signer_certificate_der=value.signer_der,
        certificates_der=value.certificates_der,
        claimed_at=value.claimed_at,
        signature_sha256=value_sha256,
        docmdp=None,
        docmdp_kept=None,
        changes_after=changes,
        worst_change=worst_of(changes),
        picture=signature.picture,
        crls_der=value.crls_der,
        ocsps_der=(),
        timestamp_token_der=value.token_der,
        problems=tuple(dict.fromkeys([*signature.problems, *value.problems])),
        timestamps=tokens_of(value),
        eseal=value.eseal,
        stamps=signature.stamps,
    )
