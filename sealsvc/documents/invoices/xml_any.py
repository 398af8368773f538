"""Any invoice in XML: the reader is chosen by the root element, never by a file name."""

from collections.abc import Callable

from sealsvc.documents.invoices import cii, original, ubl, xbrl, xml_cn
from sealsvc.documents.invoices.model import Reading
from sealsvc.documents.invoices.xmlsafe import Element, local_name, namespace, parse_xml

Reader = Callable[[Element, str], Reading]


def read_xml(data: bytes, location: str = "") -> Reading | None:
    """The invoice in the bytes; None where the root is no invoice's.

    Raises: XmlRefused.
    """
    root = parse_xml(data)
    reader = _reader(root)
    return None if reader is None else reader(root, location)


def _reader(root: Element) -> Reader | None:
    name = (namespace(root), local_name(root))
    if name in ubl.ROOTS:
        return ubl.read_ubl_root
    if name in cii.ROOTS:
        return cii.read_cii_root
    if name == xbrl.ROOT:
        return xbrl.read_xbrl_root
    if name == ("", xml_cn.ROOT):
        return xml_cn.read_digital_root
    if name[1] == original.ROOT:
        return original.read_original_root
    return None
