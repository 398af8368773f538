"""Certificates, sealings and attestations: what is signed between an intent and its result.

The key waits in the middle of signing until the driver lets it go on, so that everything else
can happen while the intent stands.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ca.crl import RevocationReason
from ca.keys import KeyStore, Signer
from ca.names import SubjectName
from sealsvc.areas.certs import service as certs
from sealsvc.areas.certs.model import (
    CERTIFICATE_TRANSITIONS,
    CertificateAction,
    CertificateStatus,
    IssueOrder,
    Revocation,
)
from sealsvc.areas.sealing import service as sealing
from sealsvc.areas.sealing.model import SEALING_TRANSITIONS, SealingAction, SealingStatus
from sealsvc.areas.sealing.service import SealingRequest
from sealsvc.areas.transactions import service as transactions
from sealsvc.areas.transactions.model.attestation import AttestationNotIssued, AttestationStatus
from sealsvc.areas.transactions.model.lifecycle import ATTESTATION_TRANSITIONS, AttestationAction
from sealsvc.areas.transactions.service import AttestRequest
from sealsvc.values import KeyRef, SealId, SealType
from tests.areas.lifecycles.stage import Stage
from tests.areas.lifecycles.walking import Driver, Walk, check_any_order, check_each_step
from tests.areas.sealing.story import A, Story, merchant, pdf
from tests.areas.seals.world import facts
from tests.areas.transactions.world import PAYER, World, acts

PATIENCE_S = 60
LONGER_THAN_AN_INTENT = timedelta(minutes=11)


class Gate:
    """Where a signing key waits. entered: it has come to the signature; go: it may sign."""

    def __init__(self) -> None:
        self.entered, self.go = threading.Event(), threading.Event()


class WaitingSigner:
    def __init__(self, signer: Signer, gate: Gate) -> None:
        self._signer, self._gate = signer, gate
        self.public_key_spki, self.suite = signer.public_key_spki, signer.suite

    def sign(self, tbs: bytes) -> bytes:
        self._gate.entered.set()
        assert self._gate.go.wait(PATIENCE_S)
        return self._signer.sign(tbs)


class WaitingKeys:
    """A key store whose keys wait before they sign."""

    def __init__(self, keys: KeyStore, gate: Gate) -> None:
        self._keys, self._gate = keys, gate

    def __getattr__(self, name: str) -> Any:
        return getattr(self._keys, name)

    def signer(self, key_ref: str) -> WaitingSigner:
        return WaitingSigner(self._keys.signer(key_ref), self._gate)


class IntentLife(Driver):
    """A driver whose thing is signed in a thread of its own."""

    family: str

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._gate = Gate()
        self._plain = stage.deps
        self._outcome: list[Exception | None] = []
        self._thread: threading.Thread | None = None

    def intend(self, sign: Callable[[Any], object]) -> None:
        """Begin; come back when the intent is recorded and the key waits."""
        self.stage.wrap_keys(lambda keys: WaitingKeys(keys, self._gate))
        waiting, self.stage.deps = self.stage.deps, self._plain

        def work() -> None:
            try:
                sign(waiting)
            except Exception as error:
                self._outcome.append(error)
            else:
                self._outcome.append(None)
            self._gate.entered.set()  # also where it failed before it came to the key

        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()
        assert self._gate.entered.wait(PATIENCE_S)
        assert not self._outcome, self._outcome

    def go_on(self) -> None:
        """Let the key sign; raises what the service raised."""
        assert self._thread is not None
        self._gate.go.set()
        self._thread.join(PATIENCE_S)
        (error,) = self._outcome
        if error is not None:
            raise error

    def settle(self) -> None:
        if self._thread is not None and not self._gate.go.is_set():
            self._gate.go.set()
            self._thread.join(PATIENCE_S)

    @property
    def signing(self) -> bool:
        return self._thread is not None and not self._gate.go.is_set()

    def newest(self, kind: str, fact_type: str) -> str:
        """The id of the thing that the last fact of this type is about."""
        found = [one for one in facts(self.deps) if one.type == fact_type]
        subjects = (one.partition(":") for one in found[-1].subjects)
        return next(one for name, _, one in subjects if name == kind)


class CertificateLife(IntentLife):
    table = CERTIFICATE_TRANSITIONS
    refusal = "CERTIFICATE_INTENT_LOST"
    quiet = frozenset({CertificateAction.ABANDON, CertificateAction.REVOKE})

    @staticmethod
    def prepare(stage: Stage) -> None:
        certs.create_hierarchy(stage.deps, domain_name="Demo Seals")

    def do(self, action: CertificateAction, target: object) -> None:
        memo, deps = self.stage.memo, self.deps
        self.stage.clock.forward(minutes=1)
        if action is CertificateAction.INTEND:
            key_ref = KeyRef(deps.keys.generate("ecdsa-p256-sha256", "seal_x"))
            subject = SubjectName(common_name="示例", organization="示例", uscc=A)
            order = IssueOrder("seal", subject, key_ref, by="cli_x", uscc=A)
            self.intend(lambda waiting: certs.issue(waiting, order))
            memo["serial"] = self.newest("certificate", "certificate.intended")
        elif action is CertificateAction.ISSUE:
            self.go_on()
        elif action is CertificateAction.ABANDON:
            self.stage.clock.at += LONGER_THAN_AN_INTENT
            certs.reconcile(deps)
        else:
            self._revoke(dated=action is CertificateAction.DATE_BACK)

    def _revoke(self, *, dated: bool) -> None:
        """dated: the key turns out to have been lost one minute earlier than known before."""
        memo, since = self.stage.memo, None
        if dated:
            memo["earlier"] = memo.get("earlier", "") + "1"
            since = self._revoked_at() - timedelta(minutes=len(memo["earlier"]))
        revocation = Revocation(RevocationReason.KEY_COMPROMISE, "cli_x", since)
        with self.deps.write() as tx:
            if certs.revoke(tx, memo["serial"], revocation):
                tx.commit()

    def _revoked_at(self) -> Any:
        found = certs.find(self.deps, self.stage.memo["serial"])
        assert found is not None
        return found.revoked_at

    def state(self) -> CertificateStatus:
        """As the registry answers it; what was never signed has no bytes, what was has."""
        found = certs.find(self.deps, self.stage.memo["serial"])
        assert found is not None
        signed = found.status in (CertificateStatus.ISSUED, CertificateStatus.REVOKED)
        assert (found.der is not None) == signed
        assert (found.revoked_at is not None) == (found.status is CertificateStatus.REVOKED)
        return found.status

    def subject(self) -> str:
        found = self.stage.memo.get("serial")
        return f"certificate:{found}" if found else ""

    def askable(self, state: object, action: object) -> bool:
        """A signature is made once; which of revoking and dating back is meant, the state says."""
        if action is CertificateAction.ISSUE:
            return state is CertificateStatus.ABANDONED and self.signing
        return action is not CertificateAction.DATE_BACK


class SealingLife(IntentLife):
    table = SEALING_TRANSITIONS
    refusal = "SEALING_INTENT_CLOSED"
    quiet = frozenset({SealingAction.ABANDON})

    @staticmethod
    def prepare(stage: Stage) -> None:
        story = Story(stage.deps, stage.clock).open()
        stage.memo["seal"] = story.seal(A, SealType.CONTRACT).seal_id

    def do(self, action: SealingAction, target: object) -> None:
        memo = self.stage.memo
        if action is SealingAction.AUTHORISE:
            request = SealingRequest(SealId(memo["seal"]), pdf())
            self.intend(lambda waiting: sealing.seal(waiting, merchant(A), request))
            memo["sealing"] = self.newest("sealing", "sealing.authorised")
        elif action is SealingAction.COMPLETE:
            self.go_on()
        else:
            self.stage.clock.at += LONGER_THAN_AN_INTENT
            sealing.reconcile(self.deps)

    def state(self) -> SealingStatus:
        """As the register answers it; only a completed one names a sealed file."""
        view = sealing.get(self.deps, merchant(A), self.stage.memo["sealing"])
        completed = view.status is SealingStatus.COMPLETED
        assert (view.sealed_sha256 is not None) == completed
        assert (view.abandoned_reason is not None) == (view.status is SealingStatus.ABANDONED)
        return view.status

    def subject(self) -> str:
        found = self.stage.memo.get("sealing")
        return f"sealing:{found}" if found else ""

    def askable(self, state: object, action: object) -> bool:
        if action is SealingAction.COMPLETE:
            return state is SealingStatus.ABANDONED and self.signing
        return True


class AttestationLife(IntentLife):
    table = ATTESTATION_TRANSITIONS
    refusal = "ATTESTATION_NOT_ISSUED"
    quiet = frozenset({AttestationAction.ABANDON})

    @staticmethod
    def prepare(stage: Stage) -> None:
        world = World(Story(stage.deps, stage.clock).open()).open()
        stage.memo["seal"] = world.seal(PAYER, SealType.OFFICIAL).seal_id

    def do(self, action: AttestationAction, target: object) -> None:
        memo = self.stage.memo
        if action is AttestationAction.INTEND:
            subject: dict[str, Any] = {
                "payer": A,
                "payee": A,
                "amount": "1.00",
                "currency": "CNY",
                "paidAt": "2026-11-21T09:00:00Z",
                "paymentNumber": "1",
            }
            request = AttestRequest(SealId(memo["seal"]), "payment", subject)
            self.intend(lambda waiting: transactions.attest(waiting, acts(PAYER), request))
            memo["attestation"] = self.newest("attestation", "attestation.intended")
        elif action is AttestationAction.ISSUE:
            self.go_on()
        elif action is AttestationAction.WITHDRAW:
            transactions.withdraw(self.deps, acts(PAYER), memo["attestation"], "because")
        else:
            self.stage.clock.at += LONGER_THAN_AN_INTENT
            transactions.reconcile(self.deps)

    def state(self) -> AttestationStatus:
        """As the register answers it; one that was never issued is not shown at all."""
        try:
            view = transactions.get_attestation(self.deps, self.stage.memo["attestation"])
        except AttestationNotIssued as error:
            found = AttestationStatus(str(error.fields["status"]))
            assert found in (AttestationStatus.INTENDED, AttestationStatus.ABANDONED)
            return found
        assert (view.withdrawn_at is not None) == (view.status is AttestationStatus.WITHDRAWN)
        return view.status

    def subject(self) -> str:
        found = self.stage.memo.get("attestation")
        return f"attestation:{found}" if found else ""

    def askable(self, state: object, action: object) -> bool:
        if action is AttestationAction.ISSUE:
            return state is AttestationStatus.ABANDONED and self.signing
        return True


LIVES = pytest.mark.parametrize("life", [CertificateLife, SealingLife, AttestationLife])


@LIVES
def test_each_step_and_each_refusal(life: type[Driver], tmp_path: Path) -> None:
    check_each_step(Walk(life, tmp_path, resumable=False))


@LIVES
def test_any_order(life: type[Driver], tmp_path: Path) -> None:
    check_any_order(Walk(life, tmp_path, resumable=False), steps=6)
