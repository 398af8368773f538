"""Attacks on what is shown: pages, annotations, templates, resources, bodies, attachments."""

from tests.attacks.ofd.craft import (
    DESCRIPTION,
    DOCUMENT,
    PAGE,
    RESOURCES,
    ROUTE,
    Parts,
    before_end,
    drawn_page,
    packed,
    parts_of,
    swap,
)
from tests.attacks.ofd.kinds.kind import (
    ALL,
    BOTH,
    CHANGED,
    EXTRA,
    RICHER,
    Kind,
    edit,
    said,
)
from tests.attacks.ofd.nation import Nation, plain_ofd
from tests.builders import ofd

MISSING = said("OFD_REFERENCE_MISSING")


def page_replaced(parts: Parts) -> None:
    parts[PAGE] = drawn_page()


def page_blank(parts: Parts) -> None:
    parts[PAGE] += b" "


def page_removed(parts: Parts) -> None:
    del parts[PAGE]


def page_added(parts: Parts) -> None:
    parts["Doc_0/Pages/Page_9/Content.xml"] = drawn_page()
    swap(
        parts,
        DOCUMENT,
        b"</ofd:Pages>",
        b'<ofd:Page ID="990" BaseLoc="Pages/Page_9/Content.xml"/></ofd:Pages>',
    )


def annotation_added(parts: Parts) -> None:
    """Another text over the page."""
    parts["Doc_0/Annots/Annotations.xml"] = ofd.xml(
        "Annotations",
        '<ofd:Page PageID="2"><ofd:FileLoc>Page_0/Annotation.xml</ofd:FileLoc></ofd:Page>',
    )
    parts["Doc_0/Annots/Page_0/Annotation.xml"] = ofd.xml("PageAnnot", "")
    listed = b"<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>"
    before_end(parts, DOCUMENT, listed)


def annotation_by_convention(parts: Parts) -> None:
    """The list lies where careless readers look, but nothing names it."""
    annotation_added(parts)
    swap(parts, DOCUMENT, b"<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>", b"")


def template_added(parts: Parts) -> None:
    parts["Doc_0/Tpls/Tpl_0/Content.xml"] = drawn_page()
    tpl = b'<ofd:TemplatePage ID="991" BaseLoc="Tpls/Tpl_0/Content.xml"/></ofd:CommonData>'
    swap(parts, DOCUMENT, b"</ofd:CommonData>", tpl)


def font_replaced(parts: Parts) -> None:
    """The same codes show other glyphs."""
    parts["Doc_0/Res/a.ttf"] = bytes(reversed(parts["Doc_0/Res/a.ttf"]))


def font_renamed(parts: Parts) -> None:
    swap(parts, RESOURCES, b"FontName=", b'FamilyName="evil" FontName=')


def resources_moved(parts: Parts) -> None:
    swap(parts, RESOURCES, b"a.ttf", b"evil.ttf")
    parts["Doc_0/Res/evil.ttf"] = b"other glyphs"


def font_added_at_root(parts: Parts) -> None:
    """Where a reader that forgets BaseLoc looks for the font."""
    parts["Doc_0/a.ttf"] = b"other glyphs"


def annotation_changed(parts: Parts) -> None:
    before_end(parts, "Doc_0/Annots/Page_0/Annotation.xml", b"<ofd:Annot/>")


def annotation_removed(parts: Parts) -> None:
    del parts["Doc_0/Annots/Page_0/Annotation.xml"]


def template_swapped(parts: Parts) -> None:
    parts["Doc_0/Tpls/Tpl_0/Content.xml"] = parts[PAGE]


def attachment_changed(parts: Parts) -> None:
    parts["Doc_0/Attachs/a.bin"] = b"other"


def page_at_root(parts: Parts) -> None:
    """Where a reader that forgets the base directory looks for the page."""
    parts["Pages/Page_0/Content.xml"] = drawn_page()


def second_body(parts: Parts) -> None:
    parts["Doc_1/Document.xml"] = ofd.document_xml(1)
    body = f"<ofd:DocBody>{ofd.body('Doc_1')}</ofd:DocBody>".encode()
    swap(parts, ROUTE, b"</ofd:DocBody>", b"</ofd:DocBody>" + body)


def second_body_first(parts: Parts) -> None:
    parts["Doc_1/Document.xml"] = ofd.document_xml(1)
    body = f"<ofd:DocBody>{ofd.body('Doc_1')}</ofd:DocBody>".encode()
    swap(parts, ROUTE, b"<ofd:DocBody>", body + b"<ofd:DocBody>")


def other_version(parts: Parts) -> None:
    parts["Doc_0/Document_1.xml"] = ofd.document_xml(1)
    parts["Doc_0/V.xml"] = ofd.xml("DocVersion", "<ofd:DocRoot>Document_1.xml</ofd:DocRoot>")
    more = (
        b'</ofd:DocRoot><ofd:Versions><ofd:Version ID="7" Index="1" Current="true" '
        b'BaseLoc="Doc_0/V.xml"/></ofd:Versions>'
    )
    swap(parts, ROUTE, b"</ofd:DocRoot>", more)


def other_root(parts: Parts) -> None:
    """Another Document.xml, with a list of its own beside it."""
    for name in list(parts):
        if name.startswith("Doc_0/"):
            parts["Doc_1/" + name[6:]] = parts[name]
    parts["Doc_1/Pages/Page_0/Content.xml"] = drawn_page()
    swap(parts, ROUTE, b"Doc_0/Document.xml", b"Doc_1/Document.xml")


def list_moved(parts: Parts) -> None:
    """OFD.xml names another, empty list."""
    swap(parts, ROUTE, b"Doc_0/Signs/Signatures.xml", b"Doc_0/Signs/None.xml")
    parts["Doc_0/Signs/None.xml"] = ofd.xml("Signatures", "")


def list_unnamed(parts: Parts) -> None:
    swap(parts, ROUTE, b"<ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures>", b"")


def attachment_added(parts: Parts) -> None:
    """Accounting software takes invoice data from this very path."""
    parts["Doc_0/Attachs/original_invoice.xml"] = b"<eInvoice><Amount>1.00</Amount></eInvoice>"


def attachment_listed(parts: Parts) -> None:
    attachment_added(parts)
    parts["Doc_0/Attachs/Attachments.xml"] = ofd.xml(
        "Attachments",
        '<ofd:Attachment ID="1" Name="original_invoice">'
        "<ofd:FileLoc>original_invoice.xml</ofd:FileLoc></ofd:Attachment>",
    )
    before_end(parts, DOCUMENT, b"<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>")


def tags_listed(parts: Parts) -> None:
    parts["Doc_0/Tags/CustomTags.xml"] = ofd.xml("CustomTags", "")
    before_end(parts, DOCUMENT, b"<ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags>")


def extensions_listed(parts: Parts) -> None:
    parts["Doc_0/Extensions.xml"] = ofd.xml("Extensions", "")
    before_end(parts, DOCUMENT, b"<ofd:Extensions>Extensions.xml</ofd:Extensions>")


def tags_by_convention(parts: Parts) -> None:
    parts["Doc_0/Tags/CustomTag.xml"] = ofd.xml("CustomTags", "")


def dropped_file(parts: Parts) -> None:
    parts["readme.txt"] = b"The price was changed to 1.00 by agreement."


def seal_file_other(parts: Parts) -> None:
    parts["Doc_0/Signs/Sign_0/Seal.esl"] += b"\0"


def stamp_moved(parts: Parts) -> None:
    swap(parts, DESCRIPTION, b'Boundary="20', b'Boundary="60')


def stamp_multiplied(parts: Parts) -> None:
    more = b'<ofd:StampAnnot ID="s077" PageRef="2" Boundary="60 60 40 40"/><ofd:Seal>'
    swap(parts, DESCRIPTION, b"<ofd:Seal>", more)


def transplanted(nation: Nation, data: bytes) -> bytes:
    """The signature of one document in another of the same party."""
    parts, donor = parts_of(plain_ofd(text="第一条 借款五百万元。")), parts_of(nation.other)
    taken = {name: content for name, content in donor.items() if "/Signs/" in name}
    return packed({**parts, **taken, ROUTE: donor[ROUTE]})


def value_transplanted(nation: Nation, data: bytes) -> bytes:
    parts, donor = parts_of(data), parts_of(nation.other)
    parts["Doc_0/Signs/Sign_0/SignedValue.dat"] = donor["Doc_0/Signs/Sign_0/SignedValue.dat"]
    return packed(parts)


def contents_exchanged(nation: Nation, data: bytes) -> bytes:
    """All of one document below the signatures of another."""
    parts, donor = parts_of(data), parts_of(nation.other)
    shown = {name: content for name, content in donor.items() if "/Signs/" not in name}
    return packed({**parts, **shown})


def picture_of_a_seal(nation: Nation, data: bytes) -> bytes:
    """The imprint drawn on the page; there is no signature."""
    parts = parts_of(plain_ofd())
    parts["Doc_0/Res/seal.png"] = b"\x89PNG\r\n\x1a\n"
    media = (
        b'<ofd:MultiMedias><ofd:MultiMedia ID="900" Type="Image"><ofd:MediaFile>seal.png'
        b"</ofd:MediaFile></ofd:MultiMedia></ofd:MultiMedias>"
    )
    before_end(parts, RESOURCES, media)
    image = b'<ofd:ImageObject ID="901" ResourceID="900" Boundary="20 20 40 40"/></ofd:Layer>'
    swap(parts, PAGE, b"</ofd:Layer>", image)
    return packed(parts)


def stripped(nation: Nation, data: bytes) -> bytes:
    """The signatures' files gone, the list stays."""
    parts = parts_of(data)
    return packed({name: one for name, one in parts.items() if "/Sign_" not in name})


def undressed(nation: Nation, data: bytes) -> bytes:
    """No trace of any signature: an honest unsigned document, and called so."""
    parts = parts_of(data)
    parts = {name: one for name, one in parts.items() if "/Signs/" not in name}
    list_unnamed(parts)
    return packed(parts)


def comment_in_route(parts: Parts) -> None:
    swap(parts, ROUTE, b"<ofd:DocRoot>", b"<!-- --><ofd:DocRoot>")


KINDS = (
    Kind("page-replaced", edit(page_replaced), CHANGED, ALL),
    Kind("page-one-blank", edit(page_blank), CHANGED, BOTH),
    Kind("page-removed", edit(page_removed), MISSING, BOTH),
    Kind("page-added", edit(page_added), CHANGED, BOTH),
    Kind("annotation-added", edit(annotation_added), CHANGED, BOTH),
    Kind("annotation-by-convention", edit(annotation_by_convention), CHANGED | EXTRA, BOTH),
    Kind("template-added", edit(template_added), CHANGED),
    Kind("font-replaced", edit(font_replaced), CHANGED, RICHER),
    Kind("font-renamed", edit(font_renamed), CHANGED, BOTH),
    Kind("annotation-changed", edit(annotation_changed), CHANGED, RICHER),
    Kind("annotation-removed", edit(annotation_removed), MISSING, RICHER),
    Kind("template-swapped", edit(template_swapped), CHANGED, RICHER),
    Kind("attachment-changed", edit(attachment_changed), CHANGED, RICHER),
    Kind("resources-moved", edit(resources_moved), CHANGED, RICHER),
    Kind("font-at-another-base", edit(font_added_at_root), said("OFD_UNPROTECTED_CONTENT"), RICHER),
    Kind("page-at-another-base", edit(page_at_root), said("OFD_UNPROTECTED_CONTENT"), BOTH),
    Kind("second-body", edit(second_body), CHANGED),
    Kind("second-body-first", edit(second_body_first), CHANGED),
    Kind("other-version", edit(other_version), CHANGED),
    Kind("other-root-and-list", edit(other_root), CHANGED, BOTH),
    Kind("list-moved", edit(list_moved), said("OFD_SIGNATURE_UNLISTED"), BOTH),
    Kind("list-unnamed", edit(list_unnamed), said("OFD_SIGNATURE_UNLISTED"), BOTH),
    Kind("attachment-by-convention", edit(attachment_added), EXTRA, BOTH),
    Kind("attachment-listed", edit(attachment_listed), CHANGED),
    Kind("custom-tags-listed", edit(tags_listed), CHANGED),
    Kind("custom-tags-by-convention", edit(tags_by_convention), EXTRA),
    Kind("extensions-listed", edit(extensions_listed), CHANGED),
    Kind("file-dropped-in", edit(dropped_file), EXTRA, BOTH),
    Kind("seal-file-changed", edit(seal_file_other), CHANGED, BOTH),
    Kind("stamp-moved", edit(stamp_moved), said("CONTENT_DIGEST_DIFFERS"), ALL),
    Kind("stamp-multiplied", edit(stamp_multiplied), said("CONTENT_DIGEST_DIFFERS"), BOTH),
    Kind("signature-transplanted", transplanted, CHANGED),
    Kind("value-transplanted", value_transplanted, said("CONTENT_DIGEST_DIFFERS")),
    Kind("contents-exchanged", contents_exchanged, CHANGED),
    Kind("picture-of-a-seal", picture_of_a_seal, said("OFD_NOT_SIGNED")),
    Kind("signature-files-gone", stripped, said("OFD_SIGNATURE_FILE_MISSING"), BOTH),
    Kind("all-traces-gone", undressed, said("OFD_NOT_SIGNED"), BOTH),
    Kind("comment-in-route", edit(comment_in_route), CHANGED),
)
