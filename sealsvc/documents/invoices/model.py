"""The one invoice model: what any carrier says, with where each field came from.

Source: china-domain.md section 4; EN 16931-1 (business terms BT and groups BG).
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from sealsvc.formats.values import ReadingProblem

__all__ = [
    "Adjustment",
    "Carrier",
    "Container",
    "Disagreement",
    "FieldSource",
    "Invoice",
    "InvoiceFamily",
    "InvoiceKind",
    "InvoiceLine",
    "InvoiceReading",
    "Party",
    "Reading",
    "ReadingProblem",
    "RedLetter",
    "TaxGroup",
    "TaxSignature",
    "Totals",
]


class InvoiceFamily(StrEnum):
    """Whose rules the invoice follows."""

    CN = "CN"
    EN16931 = "EN16931"


class InvoiceKind(StrEnum):
    """What the invoice is; UNKNOWN where no carrier says. Source: china-domain.md 4.1, 4.2."""

    DIGITAL_SPECIAL = "DIGITAL_SPECIAL"
    DIGITAL_ORDINARY = "DIGITAL_ORDINARY"
    DIGITAL_RAILWAY = "DIGITAL_RAILWAY"
    DIGITAL = "DIGITAL"
    E_SPECIAL = "E_SPECIAL"
    E_ORDINARY = "E_ORDINARY"
    E_TOLL = "E_TOLL"
    BLOCKCHAIN = "BLOCKCHAIN"
    PAPER = "PAPER"
    INVOICE = "INVOICE"
    CREDIT_NOTE = "CREDIT_NOTE"
    UNKNOWN = "UNKNOWN"


class Container(StrEnum):
    """What the bytes are."""

    PDF = "PDF"
    OFD = "OFD"
    XML = "XML"
    UNKNOWN = "UNKNOWN"


class Carrier(StrEnum):
    """Where inside the container a reading comes from, the most trusted first.

    DIGITAL_XML: `EInvoice`; ORIGINAL_XML: `eInvoice` of the 2020-23 generation; PAGE_TEXT: text
    found by its labels on a PDF page.
    """

    DIGITAL_XML = "DIGITAL_XML"
    ORIGINAL_XML = "ORIGINAL_XML"
    UBL = "UBL"
    CII = "CII"
    XBRL = "XBRL"
    CUSTOM_TAG = "CUSTOM_TAG"
    CUSTOM_DATA = "CUSTOM_DATA"
    PAGE_TEXT = "PAGE_TEXT"
    QR = "QR"


class TaxSignature(StrEnum):
    """The tax bureau's own signature; nobody outside can verify it yet (china-domain.md R08)."""

    ABSENT = "absent"
    PRESENT_UNVERIFIED = "present_unverified"


@dataclass(frozen=True)
class Party:
    """Seller or buyer. tax_id: cleaned of blanks, upper case, not checked."""

    name: str | None = None
    tax_id: str | None = None
    address: str | None = None
    bank_account: str | None = None


@dataclass(frozen=True)
class Adjustment:
    """A document allowance or charge (BG-20, BG-21). rate: per cent."""

    is_charge: bool
    amount: Decimal | None
    tax_category: str | None = None
    tax_rate: Decimal | None = None


@dataclass(frozen=True)
class InvoiceLine:
    """One line. tax_rate: per cent; net: line amount without tax after its own adjustments.

    counted: False for a heading or an information line of a line hierarchy (Factur-X EXTENDED).
    base_quantity: the quantity that unit_price is for; adjustments: line charges less allowances.
    """

    description: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    unit_price: Decimal | None = None
    base_quantity: Decimal | None = None
    adjustments: Decimal | None = None
    net: Decimal | None = None
    tax_rate: Decimal | None = None
    tax_category: str | None = None
    tax: Decimal | None = None
    counted: bool = True


@dataclass(frozen=True)
class TaxGroup:
    """One row of the VAT breakdown (BG-23). rate: per cent."""

    base: Decimal | None
    tax: Decimal | None
    category: str | None = None
    rate: Decimal | None = None


@dataclass(frozen=True)
class Totals:
    """Document totals in the invoice currency.

    line_sum BT-106, net BT-109, tax BT-110, gross BT-112, prepaid BT-113, rounding BT-114,
    payable BT-115, allowances BT-107, charges BT-108.
    """

    line_sum: Decimal | None = None
    net: Decimal | None = None
    tax: Decimal | None = None
    gross: Decimal | None = None
    payable: Decimal | None = None
    prepaid: Decimal | None = None
    allowances: Decimal | None = None
    charges: Decimal | None = None
    rounding: Decimal | None = None


@dataclass(frozen=True)
class RedLetter:
    """What a red-letter invoice or credit note refers to. confirmation: CreditNoteNumber."""

    original_number: str | None = None
    original_code: str | None = None
    confirmation: str | None = None


@dataclass(frozen=True)
class FieldSource:
    """Which carrier the value of a field was taken from. field: a dotted name."""

    field: str
    carrier: Carrier
    location: str = ""


@dataclass(frozen=True)
class Invoice:
    """One invoice as its carriers state it; nothing here is verified.

    type_code: the carrier's own code of the kind; amount_in_words: as written.
    """

    family: InvoiceFamily
    kind: InvoiceKind = InvoiceKind.UNKNOWN
    type_code: str | None = None
    number: str | None = None
    code: str | None = None
    issued_on: date | None = None
    currency: str | None = None
    seller: Party = field(default_factory=Party)
    buyer: Party = field(default_factory=Party)
    lines: tuple[InvoiceLine, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    tax_groups: tuple[TaxGroup, ...] = ()
    totals: Totals = field(default_factory=Totals)
    amount_in_words: str | None = None
    check_code: str | None = None
    red: bool | None = None
    red_letter: RedLetter | None = None
    tax_signature: TaxSignature = TaxSignature.ABSENT
    graph_code: str | None = None
    source: tuple[FieldSource, ...] = ()


@dataclass(frozen=True)
class Reading:
    """What one carrier says. location: attachment, part or page; no path of the host."""

    carrier: Carrier
    invoice: Invoice | None
    problems: tuple[ReadingProblem, ...] = ()
    location: str = ""


@dataclass(frozen=True)
class Disagreement:
    """Two carriers give different values for one field; `taken` is in the merged invoice."""

    field: str
    taken: FieldSource
    taken_value: str
    other: FieldSource
    other_value: str
    code: str = "INVOICE_CARRIERS_DISAGREE"


@dataclass(frozen=True)
class InvoiceReading:
    """Everything read from one file: the merged invoice and each carrier's own reading."""

    container: Container
    invoice: Invoice | None
    readings: tuple[Reading, ...]
    disagreements: tuple[Disagreement, ...]
    problems: tuple[ReadingProblem, ...]

    @property
    def carriers(self) -> tuple[Carrier, ...]:
        """The carriers that yielded an invoice, in order of trust, without repetition."""
        return tuple(dict.fromkeys(each.carrier for each in self.readings if each.invoice))
