"""Where the built-in policies differ: the same evidence, another word."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sealsvc.documents.values import Change, ChangeClass, Coverage
from sealsvc.verify.evidence import likely_signing_time
from sealsvc.verify.findings import outcome
from sealsvc.verify.indications import AxisResult, Block, SubIndication, Summary
from sealsvc.verify.judge import judge
from sealsvc.verify.messages import CATALOGUE, Weight
from sealsvc.verify.policy import (
    ARCHIVAL_POLICY,
    DEFAULT_POLICY,
    POLICIES,
    STRICT_POLICY,
    Policy,
    policy_named,
)
from sealsvc.verify.report import to_dict
from tests.builders.evidence import NOW, SIGNED, EvidenceBuilder, chain, lists, reading, sound
from tests.builders.tsa import make_tsa, read_stamp
from tests.builders.x509 import AT as T0
from tests.unit.verify.odd_certificates import odd_leaf
from tests.unit.verify.vectors.base import DAY, MINUTE, PICTURE_OTHER, REVOKED_LATER, after

T, D, INT, IND = "TRUSTED", "INDETERMINATE", "INTACT", "INDETERMINATE"
OUTER = make_tsa("outer", starts=T0 + 300 * DAY, days=900)
LONG = make_tsa("long", days=3650)
LATE = T0 + 800 * DAY


def late(builder: EvidenceBuilder) -> EvidenceBuilder:
    """Judged two years later, the first TSA's certificate ended, lists of then and of now."""
    between = lists(T0 + 350 * DAY, 48)
    current = lists(LATE - MINUTE)
    return builder.evidence(validation_time=LATE, crls_der=(*lists(SIGNED), *between, *current))


CHAIN_OF_STAMPS = late(
    sound().proof(None).document_stamp(SIGNED).document_stamp(T0 + 340 * DAY, OUTER)
)
RSA_2048 = sound().reading(signer_certificate_der=odd_leaf("rsa2048", rsa_bits=2048))

# given, default, strict, archival
DIFFERENCES: dict[str, tuple[EvidenceBuilder, str, str, str]] = {
    "sound": (sound(), T, T, T),
    "unproven": (sound().proof(None), T, D, D),
    "unproven-not-ours": (sound().proof(None).record(None), T, T, D),
    "ours-stamped-without-receipt": (
        sound().proof(None).stamped(read_stamp(SIGNED)),
        T,
        D,
        T,
    ),
    "not-ours-stamped": (sound().proof(None).record(None).stamped(read_stamp(SIGNED)), T, T, T),
    "unproven-further-seal": (
        sound().proof(None).reading(**after(ChangeClass.FURTHER_SEAL)),
        T,
        D,
        D,
    ),
    "unproven-owner-gone": (sound().proof(None).seal(owner_active=False), T, D, D),
    "proven-further-seal": (sound().reading(**after(ChangeClass.FURTHER_SEAL)), T, T, T),
    "rsa-2048": (RSA_2048, T, D, T),
    "rsa-3072": (
        sound().reading(signer_certificate_der=odd_leaf("rsa3072", rsa_bits=3072)),
        T,
        T,
        T,
    ),
    "sha-224": (sound().reading(digest_algorithm="sha224"), T, D, T),
    "sha-1": (sound().reading(digest_algorithm="sha1"), D, D, D),
    "md5": (sound().reading(digest_algorithm="md5"), D, D, D),
    "sha-1-binding": (sound().reading(binding_digest="sha1"), T, D, T),
    "five-day-old-list": (
        sound().evidence(crls_der=lists(T0, 24 * 30), validation_time=T0 + 5 * DAY),
        T,
        D,
        T,
    ),
    "imprint-of-other-maker": (
        sound().record(None).seal(imprint_rgba_sha256=PICTURE_OTHER),
        T,
        D,
        T,
    ),
    "claimed-differs": (sound().reading(claimed_at=SIGNED - 30 * MINUTE + MINUTE), T, D, T),
    "clock-two-minutes-off": (sound().reading(claimed_at=SIGNED + 2 * MINUTE), T, D, T),
    "owner-cancelled": (sound().seal(owner_active=False), T, D, T),
    "bad-token-beside-log": (sound().stamped(read_stamp(SIGNED, stamped=b"x")), T, D, T),
    "revoked-later": (sound().evidence(crls_der=REVOKED_LATER), T, T, T),
    "chain-of-stamps": (CHAIN_OF_STAMPS, D, D, T),
    "tsa-ended-uncovered": (late(sound().proof(None).stamped(read_stamp(SIGNED))), T, D, D),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_differences(name: str) -> None:
    given, *words = DIFFERENCES[name]
    evidence = given.build()
    reports = [judge(evidence, policy) for policy in POLICIES]
    seen = [str(report.summary) for report in reports]
    assert seen == words, [
        (report.policy_id, [f.code for f in report.findings]) for report in reports
    ]


def old_seal(policy: Policy) -> str:
    """What is said of the algorithms of a seal with a 1024-bit key, proven to be of 2012."""
    start = datetime(2012, 12, 1, tzinfo=UTC)
    leaf = odd_leaf("rsa1024old", rsa_bits=1024, starts=start)
    given = sound().proof(start + DAY).reading(signer_certificate_der=leaf, claimed_at=start + DAY)
    report = judge(given.build(), policy)
    return ",".join(sorted({f.code for f in report.findings if f.block is Block.SAV}))


def test_keys_are_accepted_by_their_end_at_the_proven_time_in_the_archive_only() -> None:
    assert old_seal(DEFAULT_POLICY) == "KEY_TOO_SMALL"
    assert old_seal(STRICT_POLICY) == "KEY_TOO_SMALL"
    assert old_seal(ARCHIVAL_POLICY) == ""


def test_policies_have_names_versions_and_digests_of_their_own() -> None:
    assert [policy.name for policy in POLICIES] == ["default", "strict", "archival"]
    assert [policy_named(policy.name) for policy in POLICIES] == list(POLICIES)
    assert len({policy.digest() for policy in POLICIES}) == len(POLICIES)
    assert len({policy.id for policy in POLICIES}) == len(POLICIES)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_no_policy_knows_sha1_or_md5(policy: Policy) -> None:
    names = {rule.name for rule in policy.digests} | {rule.digest for rule in policy.signatures}
    assert not names & {"sha1", "md5", "md2"}


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_escalated_codes_exist_and_are_mild(policy: Policy) -> None:
    for code in policy.escalated:
        usual = CATALOGUE[code].weight
        assert usual in (Weight.NOTICE, Weight.OMITTED) or code == "IMPRINT_MISMATCH"


def test_an_escalated_warning_is_a_constraint_of_the_policy() -> None:
    given = sound().reading(claimed_at=SIGNED - 30 * MINUTE + MINUTE).build()
    report = judge(given, STRICT_POLICY)
    assert report.sub_indications == (SubIndication.SIG_CONSTRAINTS_FAILURE,)


def test_a_notice_about_an_unsigned_file_is_never_escalated() -> None:
    assert judge(sound().none().build(), STRICT_POLICY).summary is Summary.UNSIGNED


def test_archive_without_proof_names_no_poe() -> None:
    report = judge(sound().proof(None).build(), ARCHIVAL_POLICY)
    assert report.sub_indications == (SubIndication.NO_POE,)
    assert report.signatures[0].blocks[Block.POE] is AxisResult.INDETERMINATE


def test_past_validation_is_shown_block_by_block() -> None:
    report = judge(sound().evidence(crls_der=REVOKED_LATER).build(), DEFAULT_POLICY)
    (signature,) = report.signatures
    assert signature.control_at == T0 + 30 * MINUTE
    assert signature.blocks[Block.PCV] is signature.blocks[Block.VTS] is AxisResult.PASSED
    assert signature.blocks[Block.PSV] is AxisResult.PASSED
    before = judge(sound().build(), DEFAULT_POLICY).signatures[0]
    assert before.control_at is None
    assert Block.VTS not in before.blocks


def test_sources_of_proof_and_the_earliest_time() -> None:
    stamped = read_stamp(SIGNED + timedelta(seconds=0))
    report = judge(sound().stamped(stamped).build(), DEFAULT_POLICY)
    view = report.signatures[0].view
    assert view.poe_sources == ("TSA", "LOG")
    assert view.best_at == SIGNED
    shape = to_dict(judge(CHAIN_OF_STAMPS.build(), ARCHIVAL_POLICY))
    assert shape["validationLevel"] == "ARCHIVAL_DATA"


def test_unknown_revision_is_covered_by_nothing() -> None:
    given = sound().proof(None).evidence(crls_der=REVOKED_LATER).reading(revision=0)
    report = judge(given.document_stamp(SIGNED, revision=5).build(), DEFAULT_POLICY)
    assert SubIndication.REVOKED_NO_POE in report.sub_indications


def test_a_covering_seal_whose_chain_does_not_hold_proves_nothing() -> None:
    """A logged signature value can be made to fit other content with a key chosen for it."""
    inner = sound().proof(None).evidence(crls_der=REVOKED_LATER)
    first = inner.signatures[0]
    change = Change(ChangeClass.FURTHER_SEAL, 3, "")
    first = replace(
        first,
        reading=replace(
            first.reading,
            coverage=Coverage.REVISION,
            changes_after=(change,),
            worst_change=ChangeClass.FURTHER_SEAL,
        ),
    )
    outer = sound().reading(id="S-outer", revision=3).signatures[0]
    self_made = odd_leaf("self-made", self_signed=True)
    rogue = replace(outer, reading=replace(outer.reading, signer_certificate_der=self_made))
    for last, settled in ((outer, True), (rogue, False)):
        given = replace(inner, signatures=(first, last)).build()
        (inside, _) = judge(given, DEFAULT_POLICY).signatures
        assert ("LOG" in inside.view.poe_sources) == settled


def test_a_stamp_anchor_is_for_stamps_alone() -> None:
    far, other = make_tsa("far-anchor", chain_label="elsewhere"), chain("elsewhere")
    given = sound().proof(None).stamped(read_stamp(SIGNED, far))
    given = given.evidence(
        crls_der=(*REVOKED_LATER, other.crl(at=T0), other.crl(at=T0, by_root=True)),
        issuers_der=(chain().issuing_der, other.issuing_der),
    )
    assert judge(given.build(), DEFAULT_POLICY).summary is Summary.INDETERMINATE
    anchored = given.evidence(stamp_anchors_der=(other.root_der,))
    assert judge(anchored.build(), DEFAULT_POLICY).summary is Summary.TRUSTED
    foreign = sound().foreign().evidence(stamp_anchors_der=(other.root_der,)).build()
    assert judge(foreign, DEFAULT_POLICY).summary is Summary.INTACT


def test_the_likely_time_takes_only_tokens_whose_arithmetic_holds() -> None:
    good, bad = read_stamp(SIGNED), read_stamp(T0, stamped=b"other")
    assert likely_signing_time(replace(reading(), timestamps=(bad, good)), None) == SIGNED
    assert likely_signing_time(reading(), None) == reading().claimed_at


def test_a_stamp_reports_its_own_blocks() -> None:
    report = judge(sound().stamped(read_stamp(SIGNED)).at(NOW).build(), DEFAULT_POLICY)
    (stamp,) = report.signatures[0].timestamps
    assert stamp.holds
    assert outcome(stamp.verdict.findings) is AxisResult.PASSED
    assert stamp.verdict.view.chain[-1].trusted
