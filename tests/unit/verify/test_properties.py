"""The most important test: TRUSTED exactly when every condition holds, told by another oracle."""

import json
import pickle
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealsvc.documents.values import (
    Change,
    ChangeClass,
    Coverage,
    DigestOutcome,
    ReadingProblem,
    SignatureOutcome,
)
from sealsvc.values import DocumentRole, SealMedium, SealStatus
from sealsvc.verify.evidence import Expectation
from sealsvc.verify.indications import Summary
from sealsvc.verify.judge import judge
from sealsvc.verify.policy import DEFAULT_POLICY
from sealsvc.verify.report import to_dict
from tests.builders.evidence import (
    NOW,
    RECORD,
    SIGNED,
    A,
    B,
    EvidenceBuilder,
    issuer_revoked,
    leaf_revoked,
    lists,
    sound,
)
from tests.builders.x509 import AT as T0

MINUTE = timedelta(minutes=1)
LATER = T0 + 30 * MINUTE
BEFORE = T0 + 5 * MINUTE
# name -> (CRLs, acceptable with a proof, acceptable without)
LISTS = {
    "good": (lists(), True, True),
    "none": ((), False, False),
    "half": (lists()[:1], False, False),
    "leaf later": (leaf_revoked(LATER, T0 + 40 * MINUTE), True, False),
    "leaf before": (leaf_revoked(BEFORE, T0 + 40 * MINUTE), False, False),
    "issuer later": (issuer_revoked(LATER, T0 + 40 * MINUTE), True, False),
    "issuer before": (issuer_revoked(BEFORE, T0 + 40 * MINUTE), False, False),
}
PROBLEMS = ("MULTIPLE_SIGNER_INFOS", "CMS_UNREADABLE", "ANYTHING_ELSE", "SIGNATURE_OUTSIDE_FORM")
GOOD_CHANGES = {ChangeClass.FURTHER_SEAL, ChangeClass.LONG_TERM_UPDATE}


def mostly(good: Any, strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Sound most of the time: else two faults at once would hide every single one."""
    return st.integers(0, 14).flatmap(lambda n: strategy if n == 0 else st.just(good))


SITUATION = st.fixed_dictionaries(
    {
        "digest": mostly(DigestOutcome.MATCHES, st.sampled_from(DigestOutcome)),
        "signature": mostly(SignatureOutcome.VERIFIES, st.sampled_from(SignatureOutcome)),
        "coverage": mostly(Coverage.FILE, st.sampled_from(Coverage)),
        "changes": mostly((), st.lists(st.sampled_from(ChangeClass), max_size=3).map(tuple)),
        "docmdp_kept": mostly(None, st.sampled_from([None, True, False])),
        "problem": mostly(None, st.sampled_from(PROBLEMS)),
        "document_problem": mostly(None, st.sampled_from([*PROBLEMS, "STRUCTURE_LENIENT"])),
        "removed": mostly((), st.just(("seal-0",))),
        "sub_filter": mostly("ETSI.CAdES.detached", st.sampled_from(["adbe.x509.rsa_sha1", ""])),
        "digest_algorithm": mostly("sha256", st.sampled_from(["sha1", "md5", "sha512", None])),
        "crls": mostly("good", st.sampled_from(sorted(LISTS))),
        "anchored": mostly(True, st.just(False)),
        "proven": st.booleans(),
        "record": mostly("ours", st.sampled_from(["ours", "none", "other seal", "revoked"])),
        "registered": mostly(True, st.just(False)),
        "asked": mostly(True, st.just(False)),
        "at_signing": mostly(SealStatus.ACTIVE, st.sampled_from([None, *SealStatus])),
        "now": mostly(SealStatus.ACTIVE, st.sampled_from(SealStatus)),
        "since": mostly(T0, st.sampled_from([T0, SIGNED + 20 * MINUTE])),
        "owner": mostly(A, st.just(B)),
        "medium": mostly(SealMedium.ELECTRONIC, st.sampled_from(SealMedium)),
        "picture": mostly("same", st.sampled_from(["same", "other", "none"])),
        "expected": mostly(
            Expectation(),
            st.sampled_from(
                [
                    Expectation(role=DocumentRole.CONTRACT, party_usccs=(A,)),
                    Expectation(party_usccs=(A, B)),
                    Expectation(role=DocumentRole.INVOICE, seller_uscc=A),
                    Expectation(seller_uscc=B),
                ]
            ),
        ),
        "signed": mostly(True, st.just(False)),
    }
)


def built(one: dict[str, Any]) -> EvidenceBuilder:
    changes = tuple(Change(kind, 3 + i, "") for i, kind in enumerate(one["changes"]))
    picture = sound().signatures[0].reading.picture
    members: dict[str, Any] = {
        key: one[key] for key in ("digest", "signature", "coverage", "docmdp_kept", "sub_filter")
    }
    builder = sound().reading(
        **members,
        digest_algorithm=one["digest_algorithm"],
        changes_after=changes,
        worst_change=one["changes"][-1] if changes else ChangeClass.NONE,
        problems=(ReadingProblem(one["problem"]),) if one["problem"] else (),
        picture=None if one["picture"] == "none" else picture,
    )
    builder = builder.proof(SIGNED + MINUTE / 60 if one["proven"] else None, after=SIGNED)
    records: dict[str, dict[str, Any]] = {
        "revoked": {"revoked_at": BEFORE},
        "other seal": {"sealed_for": "seal_other"},
    }
    record = None if one["record"] == "none" else RECORD
    builder = builder.record(record, **records.get(one["record"], {}) if record else {})
    pictured: dict[str, Any] = {"imprint_rgba_sha256": "00" * 32}
    if one["registered"]:
        builder = builder.seal(
            status_at_signing=one["at_signing"],
            status_now=one["now"],
            status_now_since=one["since"],
            owner_uscc=one["owner"],
            medium=one["medium"],
            **(pictured if one["picture"] == "other" else {}),
        )
    else:
        builder = builder.seal(None)
    builder = builder.evidence(
        crls_der=LISTS[one["crls"]][0], registry_asked=one["asked"], expectation=one["expected"]
    )
    if not one["anchored"]:
        builder = builder.evidence(anchors_der=())
    problems = (ReadingProblem(one["document_problem"]),) if one["document_problem"] else ()
    builder = builder.document(problems=problems, earlier_signatures=one["removed"])
    return builder if one["signed"] else builder.none()


def intact(one: dict[str, Any]) -> bool:
    return (
        one["digest"] is DigestOutcome.MATCHES
        and one["signature"] is SignatureOutcome.VERIFIES
        and one["docmdp_kept"] is not False
        and not one["problem"]
        and not one["document_problem"]
        and not one["removed"]
        and set(one["changes"]) <= GOOD_CHANGES | {ChangeClass.NONE}
        and (
            one["coverage"] is Coverage.FILE
            or (one["coverage"] is Coverage.REVISION and bool(set(one["changes"]) & GOOD_CHANGES))
        )
    )


def trusted(one: dict[str, Any]) -> bool:
    _, with_proof, without = LISTS[one["crls"]]
    return (
        bool(with_proof if one["proven"] else without)
        and one["anchored"]
        and one["record"] != "revoked"
        and one["sub_filter"] == "ETSI.CAdES.detached"
        and one["digest_algorithm"] in ("sha256", "sha512")
    )


def entitled(one: dict[str, Any]) -> bool:
    changed_since = one["since"] > SIGNED
    if one["now"] is SealStatus.ACTIVE:
        settled = one["proven"] or not changed_since
    else:
        settled = one["proven"] and changed_since
    return (
        one["asked"]
        and one["registered"]
        and one["record"] != "other seal"
        and one["at_signing"] is SealStatus.ACTIVE
        and settled
        and one["owner"] == A
        and one["medium"] is SealMedium.ELECTRONIC
        and (one["picture"] != "other" or one["record"] == "none")
    )


def meant(one: dict[str, Any]) -> bool:
    return one["expected"].seller_uscc != B and B not in one["expected"].party_usccs


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(SITUATION)
def test_trusted_exactly_when_all_holds(one: dict[str, Any]) -> None:
    evidence = built(one).build()
    report = judge(evidence, DEFAULT_POLICY)
    whole = one["signed"] and intact(one) and trusted(one) and entitled(one) and meant(one)
    assert (report.summary is Summary.TRUSTED) == whole, [f.code for f in report.findings]
    if report.summary is Summary.INTACT:
        assert one["signed"]
        assert intact(one)
    if report.summary is Summary.UNSIGNED:
        assert not one["signed"]
        assert not one["removed"]
    assert json.loads(json.dumps(to_dict(report)))["summary"] == report.summary


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_hostile_bytes_never_raise_and_never_pass(data: st.DataObject) -> None:
    """Certificates and lists cut, altered or random: a verdict comes out, and not TRUSTED."""
    junk = data.draw(st.binary(max_size=60))
    target = data.draw(st.sampled_from(["signer", "issuer", "list", "anchor"]))
    originals = {
        "signer": sound().signatures[0].reading.signer_certificate_der or b"",
        "issuer": sound().build().issuers_der[0],
        "list": lists()[0],
        "anchor": sound().build().anchors_der[0],
    }
    der = originals[target]
    at = data.draw(st.integers(0, len(der) - 1))
    broken = der[:at] + junk + der[at + data.draw(st.integers(0, 8)) :]
    places: dict[str, EvidenceBuilder] = {
        "signer": sound().reading(signer_certificate_der=broken),
        "issuer": sound().reading(certificates_der=(broken,)).evidence(issuers_der=(broken,)),
        "list": sound().evidence(crls_der=(broken, lists()[1])),
        "anchor": sound().evidence(anchors_der=(broken,)),
    }
    report = judge(places[target].build(), DEFAULT_POLICY)
    # An anchor is trusted by decision, not by its own signature: an altered serial harms nobody.
    assert report.summary is not Summary.TRUSTED or target == "anchor" or broken == der


def test_same_evidence_same_report() -> None:
    evidence = sound().declared(parties=(A, B)).build()
    once = to_dict(judge(evidence, DEFAULT_POLICY))
    again = pickle.loads(pickle.dumps(evidence))
    assert json.dumps(once) == json.dumps(to_dict(judge(again, DEFAULT_POLICY)))


def test_hostile_extra_certificates_do_not_change_a_sound_verdict() -> None:
    noise = tuple(bytes([0x30, n]) + b"\0" * n for n in range(40))
    evidence = sound().reading(certificates_der=noise, crls_der=noise, ocsps_der=noise).build()
    assert judge(evidence, DEFAULT_POLICY).summary is Summary.TRUSTED


def test_reports_cross_process_borders() -> None:
    report = judge(sound().at(NOW).build(), DEFAULT_POLICY)
    assert pickle.loads(pickle.dumps(report)) == report
