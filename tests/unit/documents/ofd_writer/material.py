"""Documents, seals and signers for the tests of the OFD writer; synthetic in every member."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

from ca.keys.software import SoftwareSigner
from ca.names import SubjectName
from sealsvc.documents.ofd import sealer
from sealsvc.documents.ofd.contract_pages import OfdContract, write_contract
from sealsvc.documents.ofd.invoice_page import (
    InvoiceLine,
    InvoiceParty,
    OfdInvoice,
    write_invoice,
)
from sealsvc.documents.values import SealingSpec, Straddle
from sealsvc.formats.issue import SealSpec, finish_seal, prepare_seal
from sealsvc.formats.values import SealVersion
from sealsvc.imprint.render import ImprintSpec, render_png, spec_for
from sealsvc.values import DocumentRole, Placement, SealType
from tests.builders.x509 import DemoChain, make_chain

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
SM2 = "sm2-sm3"


@dataclass(frozen=True)
class Party:
    """Someone who seals: his certificate, its key, his electronic seal."""

    certificate_der: bytes
    chain_der: tuple[bytes, ...]
    signer: SoftwareSigner
    eseal_der: bytes


@cache
def imprint() -> ImprintSpec:
    return spec_for(
        SealType.CONTRACT,
        entity_name="示例测试有限公司",
        uscc="91110000MA00000152",
        seal_name=None,
        person_name=None,
        sequence=None,
    )


@cache
def imprint_png() -> bytes:
    return render_png(imprint(), 100)


@cache
def chain() -> DemoChain:
    return make_chain(SM2, label="ofd-writer")


@cache
def party(label: str = "seller", version: SealVersion = SealVersion.V4, **changed: object) -> Party:
    """The same label gives the same party; changed: members of its SealSpec."""
    pki = chain()
    name = SubjectName(f"示例{label}专用章", f"示例{label}有限公司", uscc="91110000MA00000152")
    leaf_der, signer = pki.leaf(name, label=f"ofd-{label}", suite=SM2)
    maker = SubjectName("示例制章者", "示例制章中心", uscc="113300000000000199")
    maker_der, maker_signer = pki.leaf(maker, label="ofd-maker", suite=SM2)
    spec = SealSpec(
        seal_id=f"ES-{label}",
        name=f"示例{label}有限公司",
        vendor_id="TEST",
        certificates_der=(leaf_der,),
        created_at=AT - timedelta(days=1),
        valid_from=AT - timedelta(days=1),
        valid_to=AT + timedelta(days=300),
        picture=imprint_png(),
        maker_certificate_der=maker_der,
        version=version,
    )
    prepared = prepare_seal(replace(spec, **changed))  # type: ignore[arg-type]
    eseal = finish_seal(prepared, maker_signer.sign(prepared.tbs))
    return Party(leaf_der, (pki.issuing_der,), signer, eseal)


@cache
def invoice(lines: int = 2) -> bytes:
    return write_invoice(invoice_values(lines))


def invoice_values(lines: int = 2) -> OfdInvoice:
    line = InvoiceLine("*信息技术服务*测试", "100.00", "6%", "6.00", "A-1", "项", "1", "100.00")
    return OfdInvoice(
        document_id="0123456789abcdef0123456789abcdef",
        code="000000000000",
        number="00000001",
        issued_on=date(2026, 11, 21),
        check_code="00000 00000 00000 00000",
        buyer=InvoiceParty("示例采购有限公司", "91110000MA00000152", "示例市示例路1号", "示例银行"),
        seller=InvoiceParty("示例<商贸>&有限公司", "91110000MA00000153"),
        lines=(line,) * lines,
        amount=f"{100 * lines}.00",
        tax=f"{6 * lines}.00",
        total=f"{106 * lines}.00",
        total_in_words="贰佰壹拾贰圆整",
        made_at=AT,
        clerk="示例开票人",
        note="测试样张",
    )


@cache
def contract(pages: int = 6) -> bytes:
    return write_contract(
        OfdContract(
            document_id="fedcba9876543210fedcba9876543210",
            title="示例购销合同",
            paragraphs=("第一条　本合同为测试样张，各方均为虚构。" * 12,) * 4,
            made_at=AT,
            least_pages=pages,
        )
    )


def spec(one: Party, **changed: object) -> SealingSpec:
    """A visible seal on the first page unless told otherwise."""
    plain = SealingSpec(
        role=DocumentRole.INVOICE,
        certificate_der=one.certificate_der,
        chain_der=one.chain_der,
        suite=SM2,
        signed_at=AT,
        field_name="unused",
        signer_name="示例",
        imprint_png=None,
        placement=Placement(page=1, x_mm=150.0, y_mm=96.0, width_mm=40.0),
        eseal_der=one.eseal_der,
    )
    return replace(plain, **changed)  # type: ignore[arg-type]


def seal(data: bytes, one: Party, **changed: object) -> bytes:
    prepared = sealer.prepare(data, spec(one, **changed))
    return sealer.finish(prepared, one.signer.sign(prepared.tbs))


@cache
def sealed_invoice() -> bytes:
    return seal(invoice(), party())


@cache
def sealed_by_two() -> bytes:
    """Six pages: a straddle seal and one on the last page, then the other party's (V5)."""
    first = seal(
        contract(),
        party(),
        straddle=Straddle(),
        placement=Placement(page=-1, x_mm=30.0, y_mm=220.0, width_mm=42.0),
    )
    return seal(
        first,
        party("buyer", SealVersion.V5),
        placement=Placement(page=6, x_mm=120.0, y_mm=220.0, width_mm=42.0),
    )
