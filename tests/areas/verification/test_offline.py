from datetime import timedelta

import pytest

from sealsvc.areas.certs import service as certs
from sealsvc.areas.sealing.service import SealingResult
from sealsvc.areas.transparency import service as transparency
from sealsvc.areas.transparency.model import Receipt
from sealsvc.areas.verification.offline import (
    OfflineMaterial,
    ReceiptNotOfSealing,
    verify_offline,
)
from sealsvc.documents import UnsupportedFormat
from sealsvc.storage.logbook import Logbook
from sealsvc.tlog.policy import policy_of_key
from sealsvc.tlog.proof import ReceiptInvalid
from sealsvc.values import SealType
from sealsvc.verify.evidence import Expectation
from sealsvc.verify.indications import AxisResult, Summary
from sealsvc.verify.messages import Axis
from sealsvc.verify.report import Report
from tests.areas.sealing.story import A, B, Story, merchant, pdf
from tests.builders.pdf import imprint, sealed_once


@pytest.fixture
def invoice(story: Story) -> SealingResult:
    return story.invoice(story.seal())


def judged(story: Story, data: bytes, **brought: object) -> Report:
    material = OfflineMaterial(**brought)  # type: ignore[arg-type]
    return verify_offline(data, material, sandbox=story.deps.sandbox, clock=story.clock)


def receipt_of(story: Story, logbook: Logbook, fact_id: str | None) -> bytes:
    logbook.sequence()
    found = transparency.receipt(story.deps, logbook, str(fact_id), merchant(A))
    assert isinstance(found, Receipt)
    return found.text


def test_with_nothing_the_word_is_intact_at_most(story: Story, invoice: SealingResult) -> None:
    report = judged(story, invoice.sealed)
    assert report.summary is Summary.INTACT
    assert report.axes[Axis.SEAL_AUTHORITY] is AxisResult.NOT_CHECKED
    story.clock.forward(hours=1)  # the foreign one says that it was signed at 09:30
    assert judged(story, sealed_once()).summary is Summary.INTACT
    assert judged(story, pdf()).summary is Summary.UNSIGNED


def test_a_changed_byte_needs_no_registry(story: Story, invoice: SealingResult) -> None:
    changed = invoice.sealed.replace(b"595.28", b"595.27", 1)
    assert judged(story, changed).summary in (Summary.MODIFIED, Summary.INVALID)


def test_a_root_without_lists_leaves_the_status_open(story: Story, invoice: SealingResult) -> None:
    material = certs.trust_material(story.deps)
    report = judged(story, invoice.sealed, anchors_der=material.anchors_der)
    assert report.summary is Summary.INDETERMINATE
    assert report.axes[Axis.TRUST] is AxisResult.INDETERMINATE
    assert report.axes[Axis.INTEGRITY] is AxisResult.PASSED


def test_root_and_lists(story: Story, invoice: SealingResult) -> None:
    material = certs.trust_material(story.deps)
    brought = {"anchors_der": material.anchors_der, "crls_der": material.crls_der}
    report = judged(story, invoice.sealed, **brought)
    assert report.summary is Summary.INTACT, [item.code for item in report.findings]
    assert report.axes[Axis.TRUST] is AxisResult.PASSED
    story.clock.forward(days=30)
    stale = judged(story, invoice.sealed, **brought)
    assert stale.summary is Summary.INDETERMINATE


def test_a_receipt_proves_the_time_and_brings_the_declaration(
    story: Story, invoice: SealingResult, logbook: Logbook
) -> None:
    receipt = receipt_of(story, logbook, invoice.view.completed_fact_id)
    brought = {"receipts": (receipt,), "log_policy": policy_of_key(transparency.key(logbook))}
    report = judged(story, invoice.sealed, **brought)
    (signature,) = report.signatures
    assert signature.view.poe_sources == ("LOG",)
    assert signature.view.best_at == invoice.view.completed_at
    assert report.summary is not Summary.TRUSTED


def test_receipts_that_do_not_fit(story: Story, invoice: SealingResult, logbook: Logbook) -> None:
    seal = story.seal(B, SealType.CONTRACT)
    receipt = receipt_of(story, logbook, invoice.view.completed_fact_id)
    policy = policy_of_key(transparency.key(logbook))
    with pytest.raises(ReceiptNotOfSealing, match="OTHER_DOCUMENT"):
        judged(story, story.use(seal).sealed, receipts=(receipt,), log_policy=policy)
    with pytest.raises(ReceiptNotOfSealing, match="NO_LOG_KEY"):
        judged(story, invoice.sealed, receipts=(receipt,))
    authorised = receipt_of(story, logbook, invoice.view.authorised_fact_id)
    with pytest.raises(ReceiptNotOfSealing, match="OTHER_FACT"):
        judged(story, invoice.sealed, receipts=(authorised,), log_policy=policy)
    closed = transparency.receipt(story.deps, logbook, str(invoice.view.completed_fact_id), None)
    assert isinstance(closed, Receipt)
    with pytest.raises(ReceiptNotOfSealing, match="OTHER_FACT"):
        judged(story, invoice.sealed, receipts=(closed.text,), log_policy=policy)
    with pytest.raises(ReceiptInvalid):
        judged(story, invoice.sealed, receipts=(receipt[:-10],), log_policy=policy)


def test_expectations_and_formats(story: Story, invoice: SealingResult) -> None:
    with pytest.raises(Exception, match="USCC_INVALID"):
        judged(story, invoice.sealed, expectation=Expectation(seller_uscc="x"))
    with pytest.raises(UnsupportedFormat):
        judged(story, imprint())
    earlier = story.clock.at - timedelta(hours=1)
    report = verify_offline(
        invoice.sealed,
        OfflineMaterial(),
        sandbox=story.deps.sandbox,
        clock=story.clock,
        validation_time=earlier,
        filename="x/y.pdf",
    )
    assert (report.validation_time, report.filename) == (earlier, "y.pdf")
