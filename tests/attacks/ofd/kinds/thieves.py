"""A true key in wrong hands: gaps in coverage, seals out of use, borrowed proofs of time."""

from collections.abc import Callable
from dataclasses import replace

from sealsvc.areas.seals.model import SealAction
from tests.attacks.ofd.craft import (
    DOCUMENT,
    PAGE,
    ROUTE,
    Forgery,
    drawn_page,
    forged,
    packed,
    parts_of,
    swap,
)
from tests.attacks.ofd.kinds.kind import Kind, Make, said
from tests.attacks.ofd.nation import Nation, plain_ofd

GAP = said("OFD_UNPROTECTED_CONTENT")
UNPROVEN = said("SEAL_STATUS_CHANGED_NO_POE", "CERTIFICATE_REVOKED_NO_POE")


def covering(*names: str) -> Make:
    """A signature over some parts only."""

    def make(nation: Nation, data: bytes) -> bytes:
        how = Forgery(nation.thief, nation.past(minutes=2), names=names)
        return packed(forged(parts_of(plain_ofd()), how))

    return make


def described(change: Callable[[bytes], bytes]) -> Make:
    """A Signature.xml of the thief's taste, duly signed."""

    def make(nation: Nation, data: bytes) -> bytes:
        how = Forgery(nation.thief, nation.past(minutes=2), describe=change)
        return packed(forged(parts_of(plain_ofd()), how))

    return make


def swapping(old: bytes, new: bytes) -> Make:
    def change(text: bytes) -> bytes:
        assert old in text
        return text.replace(old, new, 1)

    return described(change)


def uncovered_then_changed(nation: Nation, data: bytes) -> bytes:
    """Only the page's text is left out, and then it is changed."""
    parts = parts_of(plain_ofd())
    names = tuple(one for one in parts if one != PAGE)
    made = forged(parts, Forgery(nation.thief, nation.past(minutes=2), names=names))
    made[PAGE] = drawn_page()
    return packed(made)


def ended(action: SealAction, *, first: bool) -> Make:
    """A seal out of use signs beside an honest one, claiming a time before.

    first: its entry stands before the honest one, as if that covered it.
    """

    def make(nation: Nation, data: bytes) -> bytes:
        past = nation.ended
        how = Forgery(past.holders[action], past.at, number=1, first=first)
        return packed(forged(parts_of(past.witness), how))

    return make


def ended_alone(action: SealAction) -> Make:
    def make(nation: Nation, data: bytes) -> bytes:
        past = nation.ended
        how = Forgery(past.holders[action], past.at)
        return packed(forged(parts_of(plain_ofd()), how))

    return make


def beside(nation: Nation, data: bytes) -> bytes:
    """A signature over new content, beside the honest one: the second shows another page."""
    parts = parts_of(data)
    parts["Doc_0/Pages/Page_9/Content.xml"] = drawn_page()
    swap(
        parts,
        DOCUMENT,
        b"</ofd:Pages>",
        b'<ofd:Page ID="990" BaseLoc="Pages/Page_9/Content.xml"/></ofd:Pages>',
    )
    return packed(forged(parts, Forgery(nation.thief, nation.past(minutes=2), number=1)))


def late_attachment(nation: Nation, data: bytes) -> bytes:
    """A file dropped in after A's seal, covered by B's."""
    parts = parts_of(data)
    parts["Doc_0/Attachs/original_invoice.xml"] = b"<eInvoice/>"
    return packed(forged(parts, Forgery(nation.thief, nation.past(minutes=2), number=1)))


def own_list(nation: Nation, data: bytes) -> bytes:
    """A second body with its own list and signature; the first body's seals stay."""
    parts = parts_of(data)
    more = {
        name.replace("Doc_0", "Doc_1"): content
        for name, content in parts_of(plain_ofd()).items()
        if name.startswith("Doc_0/")
    }
    parts |= more
    body = (
        b"<ofd:DocBody><ofd:DocInfo><ofd:DocID>1</ofd:DocID></ofd:DocInfo>"
        b"<ofd:DocRoot>Doc_1/Document.xml</ofd:DocRoot></ofd:DocBody>"
    )
    swap(parts, ROUTE, b"</ofd:DocBody>", b"</ofd:DocBody>" + body)
    return packed(forged(parts, Forgery(nation.thief, nation.past(minutes=2), number=1)))


def relative_to_broken(nation: Nation, data: bytes) -> bytes:
    parts = parts_of(data)
    parts[PAGE] += b" "
    how = Forgery(nation.thief, nation.past(minutes=2), number=1, relative="s001")
    return packed(forged(parts, how))


def changed_then_sealed(nation: Nation, data: bytes) -> bytes:
    """The page changed, and a new seal over it: the old one must not be forgotten."""
    parts = parts_of(data)
    parts[PAGE] = drawn_page()
    return packed(forged(parts, Forgery(nation.thief, nation.past(minutes=2), number=1)))


def version_mixed(nation: Nation, data: bytes) -> bytes:
    how = replace(Forgery(nation.thief, nation.past(minutes=2)), version=5)
    return packed(forged(parts_of(plain_ofd()), how))


REVOKE, SUSPEND, LOST = SealAction.REVOKE, SealAction.SUSPEND, SealAction.REPORT_LOST
METHOD = b' CheckMethod="1.2.156.10197.1.401"'
KINDS = (
    Kind("covers-nothing", covering(), said("OFD_XML_INVALID")),
    Kind("covers-route-only", covering(ROUTE), GAP),
    Kind("covers-page-only", covering(PAGE), GAP),
    Kind("covers-all-but-document", covering(ROUTE, PAGE, "Doc_0/PublicRes.xml"), GAP),
    Kind("page-uncovered-and-changed", uncovered_then_changed, GAP),
    Kind(
        "method-weak",
        swapping(METHOD, b' CheckMethod="SHA1"'),
        said("OFD_CHECK_METHOD_WEAK", "OFD_REFERENCE_DIGEST_MISMATCH"),
    ),
    Kind(
        "method-unknown-signed",
        swapping(METHOD, b' CheckMethod="none"'),
        said("OFD_CHECK_METHOD_UNSUPPORTED"),
    ),
    Kind(
        "two-infos-signed",
        swapping(b"</ofd:SignedInfo>", b"</ofd:SignedInfo><ofd:SignedInfo/>"),
        said("OFD_XML_INVALID"),
    ),
    Kind(
        "references-foreign",
        swapping(b"<ofd:References", b'<x:References xmlns:x="urn:x"'),
        said("OFD_XML_INVALID"),
    ),
    Kind(
        "reference-leaves", swapping(b'"/OFD.xml"', b'"/../OFD.xml"'), said("OFD_REFERENCE_MISSING")
    ),
    Kind(
        "reference-to-itself",
        swapping(b'"/OFD.xml"', b'"/Doc_0/Signs/Sign_0/Signature.xml"'),
        said("OFD_REFERENCE_DIGEST_MISMATCH"),
    ),
    Kind("revoked-beside", ended(REVOKE, first=False), UNPROVEN),
    Kind("revoked-borrowing-proof", ended(REVOKE, first=True), UNPROVEN),
    Kind("suspended-beside", ended(SUSPEND, first=False), UNPROVEN),
    Kind("suspended-borrowing-proof", ended(SUSPEND, first=True), UNPROVEN),
    Kind("lost-borrowing-proof", ended(LOST, first=True), UNPROVEN),
    Kind("revoked-alone", ended_alone(REVOKE), UNPROVEN),
    Kind("suspended-alone", ended_alone(SUSPEND), UNPROVEN),
    Kind("lost-alone", ended_alone(LOST), UNPROVEN),
    Kind("page-added-and-sealed", beside, said("OFD_REFERENCE_DIGEST_MISMATCH")),
    Kind("file-added-and-sealed", late_attachment, said("OFD_UNPROTECTED_EXTRA")),
    Kind("body-added-and-sealed", own_list, said("OFD_REFERENCE_DIGEST_MISMATCH")),
    Kind("built-on-a-broken-one", relative_to_broken, said("OFD_RELATIVE_INVALID")),
    Kind("changed-then-sealed", changed_then_sealed, said("OFD_REFERENCE_DIGEST_MISMATCH")),
    Kind("versions-mixed", version_mixed, said("SIG_VERSION_UNSUPPORTED")),
)
