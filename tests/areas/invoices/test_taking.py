from hashlib import sha256

import pytest

from sealsvc.areas.access.model import NotYourEntity, ScopeMissing
from sealsvc.areas.invoices import service as invoices
from sealsvc.areas.invoices.model.errors import (
    InvoiceFieldInvalid,
    InvoiceNotFound,
    InvoiceNotIdentified,
    InvoiceNotRead,
    InvoiceNotSound,
    InvoiceNotYours,
    InvoiceOriginalNotKept,
)
from sealsvc.areas.invoices.model.lifecycle import InvoiceIllegalTransition, InvoiceState, Side
from sealsvc.areas.invoices.model.record import BureauRisk, BureauStatus, Lookup, Proof
from sealsvc.areas.invoices.service import TakeRequest
from sealsvc.documents import UnsupportedFormat
from sealsvc.ports import BlobMissing
from sealsvc.values import Principal, Scope, SealType, SubjectKind
from tests.areas.invoices.world import (
    AUDITOR,
    BUYER,
    SELLER,
    STRANGER,
    World,
    blue,
    client,
    unaddressed,
)
from tests.areas.sealing.story import A, B, Story, merchant, pdf
from tests.builders.invoices import Cn, digital_xml, pdf_page, pdf_with


def test_an_xml_is_received_and_proves_nothing(world: World) -> None:
    """R07, R08: no seal is normal, and the tax bureau's signature is not verified by anybody."""
    view = world.take(blue(signature="AA=="))
    assert (view.state, view.proof, view.summary) == (InvoiceState.RECEIVED, None, None)
    assert view.fields["taxSignature"] == "present_unverified"
    assert view.fields["gross"] == "138.99"
    assert view.sound
    assert view.side is Side.BUYER


def test_the_same_file_is_the_same_invoice_for_each_entity(world: World) -> None:
    first = world.take()
    again, new = invoices.take(world.deps, client(BUYER), TakeRequest(blue()))
    assert (again, new) == (first, False)
    assert world.take(by=SELLER).invoice_id != first.invoice_id
    assert world.types(first.invoice_id) == ["invoice.taken"]


def test_the_file_is_kept_only_when_asked(world: World) -> None:
    view, digest = world.take(), sha256(blue()).hexdigest()
    with pytest.raises(InvoiceOriginalNotKept):
        invoices.original(world.deps, client(BUYER), view.invoice_id)
    with pytest.raises(BlobMissing):
        world.deps.blobs.get(digest)
    assert world.take(keep=True).invoice_id == view.invoice_id
    assert invoices.original(world.deps, client(BUYER), view.invoice_id)[1] == blue()


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", UnsupportedFormat),
        (b"hello", UnsupportedFormat),
        (b"<a/>", InvoiceNotRead),
        (b"<!DOCTYPE a><EInvoice/>", InvoiceNotRead),
        (pdf("a letter"), InvoiceNotRead),
    ],
)
def test_what_is_no_invoice_is_refused(world: World, data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        world.take(data)


def test_only_parties_take_it_unless_no_buyer_is_named(world: World) -> None:
    with pytest.raises(InvoiceNotYours):
        world.take(by=STRANGER)
    assert world.take(by=SELLER).side is Side.SELLER
    assert world.take(unaddressed(18), by=STRANGER).side is Side.HOLDER


def test_rights(world: World) -> None:
    request = TakeRequest(blue())
    with pytest.raises(ScopeMissing):
        invoices.take(world.deps, client(BUYER, Scope.ENTITY_READ), request)
    with pytest.raises(NotYourEntity):
        invoices.take(world.deps, Principal("c", "shop", frozenset({Scope.VERIFY})), request)
    view = world.take()
    for reader in (client(BUYER), client(BUYER, Scope.ENTITY_READ), AUDITOR):
        assert invoices.get(world.deps, reader, view.invoice_id).invoice == view
    for stranger in (client(SELLER), client(STRANGER)):
        with pytest.raises(InvoiceNotFound):
            invoices.get(world.deps, stranger, view.invoice_id)
    unbound = Principal("c", "shop", frozenset({Scope.VERIFY}))
    for nobody in (unbound, client(BUYER, Scope.SEAL_SIGN)):
        with pytest.raises(ScopeMissing):
            invoices.get(world.deps, nobody, view.invoice_id)
    assert invoices.search(world.deps, client(SELLER), page=(None, 10)) == []
    assert invoices.search(world.deps, AUDITOR, page=(None, 10)) == [view]


@pytest.mark.parametrize(
    ("status", "risk", "state"),
    [
        (BureauStatus.NORMAL, BureauRisk.NORMAL, InvoiceState.VERIFIED),
        (BureauStatus.PARTLY_REVERSED, BureauRisk.NORMAL, InvoiceState.VERIFIED),
        (BureauStatus.NORMAL, BureauRisk.ABNORMAL, InvoiceState.RECEIVED),
        (BureauStatus.NORMAL, BureauRisk.DOUBTFUL, InvoiceState.RECEIVED),
        (BureauStatus.VOIDED, BureauRisk.NORMAL, InvoiceState.REFUSED),
        (BureauStatus.FULLY_REVERSED, BureauRisk.NORMAL, InvoiceState.REFUSED),
    ],
)
def test_a_lookup_moves_it(
    world: World, status: BureauStatus, risk: BureauRisk, state: InvoiceState
) -> None:
    view = world.look(world.take(), status, risk)
    assert view.state is state
    assert view.proof is (Proof.LOOKUP if state is InvoiceState.VERIFIED else None)
    assert invoices.get(world.deps, client(BUYER), view.invoice_id).invoice == view


def test_a_later_lookup_takes_the_proof_back(world: World) -> None:
    view = world.look(world.verified(), risk=BureauRisk.ABNORMAL)
    assert (view.state, view.proof) == (InvoiceState.RECEIVED, None)
    refused = world.look(view, BureauStatus.VOIDED)
    with pytest.raises(InvoiceIllegalTransition):
        world.look(refused)


def test_no_lookup_proves_a_file_that_contradicts_itself(world: World) -> None:
    wrong = world.take(blue(net="1.00"))
    assert not wrong.sound
    with pytest.raises(InvoiceNotSound):
        world.look(wrong)
    nameless = world.take(digital_xml(Cn(number="123")))
    with pytest.raises((InvoiceNotIdentified, InvoiceNotSound)):
        world.look(nameless)


def test_a_lookup_from_the_future_or_without_source_is_refused(world: World) -> None:
    view, now = world.take(), world.clock.now()
    world.clock.forward(hours=-1)
    for lookup in (
        Lookup("site", now, BureauStatus.NORMAL),
        Lookup(" ", world.clock.now(), BureauStatus.NORMAL),
        Lookup("x" * 300, world.clock.now(), BureauStatus.NORMAL),
    ):
        with pytest.raises(InvoiceFieldInvalid):
            invoices.record_lookup(world.deps, client(BUYER), view.invoice_id, lookup)


def test_taking_is_found_by_the_digest_without_telling_who(world: World) -> None:
    view = world.verified()
    found = world.facts(view.document_sha256, SubjectKind.DOCUMENT)
    assert [fact.type for fact in found] == ["invoice.taken"]
    assert BUYER.encode() not in (found[0].payload or b"")
    assert view.invoice_id.encode() not in (found[0].payload or b"")
    assert BUYER.encode() not in found[0].entry


def sealed_invoice(story: Story, owner: str, seller: str, kind: SealType = SealType.INVOICE):
    facts = Cn(seller_id=seller)
    lines = (f"发票号码：{facts.number}", "电子发票（普通发票） " * 4)
    data = pdf_with({"einvoice.xml": digital_xml(facts)}, pdf_page(lines))
    return story.use(story.seal(owner, kind), data).sealed


def test_the_sellers_registered_seal_proves_it(story: Story) -> None:
    sealed = sealed_invoice(story, A, A)
    view = invoices.take(story.deps, merchant(A), TakeRequest(sealed))[0]
    assert (view.summary, view.state, view.proof) == ("TRUSTED", InvoiceState.VERIFIED, Proof.SEAL)
    assert view.verification_id is not None


def test_another_merchants_seal_is_refused(story: Story) -> None:
    sealed = sealed_invoice(story, B, A)
    view = invoices.take(story.deps, merchant(A), TakeRequest(sealed))[0]
    assert (view.summary, view.state, view.proof) == ("INVALID", InvoiceState.REFUSED, None)


def test_an_unsealed_pdf_is_not_held_against_the_invoice(story: Story) -> None:
    data = pdf_with({"einvoice.xml": digital_xml(Cn(seller_id=A))})
    view = invoices.take(story.deps, merchant(A), TakeRequest(data))[0]
    assert (view.summary, view.state) == ("UNSIGNED", InvoiceState.RECEIVED)
