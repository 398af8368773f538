"""What stands in each synthetic row: SQL over its number, by the functions of `lookup_rows`."""

_PAYLOAD = '{"declaration":{"partyUsccs":[],"role":"invoice"},"digest":"'

# Columns as SQL over the row number i. What is not named stays NULL.
_OWNER = "bench_uscc(bench_heavy(i))"
_SEAL_ID = "bench_id('seal', bench_heavy(i))"
_WHEN = "bench_time(i)"
_REPORT = "bench_bytes('{\"v\":1,\"report\":\"' || bench_hex('report', i) || '\"}')"

Columns = dict[str, str]
Tables = tuple[tuple[str, Columns], ...]
REGISTER: Tables = (
    (
        "entity",
        {
            "uscc": "bench_uscc(i)",
            "entity_id": "bench_id('ent', i)",
            "legal_name": "'Company No. ' || CAST(i AS TEXT)",
            "short_names": "bench_json('[]')",
            "search_text": "'company no. ' || CAST(i AS TEXT)",
            "natural_person": "bench_flag(0)",
            "status": "CASE WHEN i % 1000 = 999 THEN 'CANCELLED' ELSE 'ACTIVE' END",
            "registered_at": _WHEN,
            "registered_by": "'cli_bench'",
            "changed_at": _WHEN,
            "version": "1",
        },
    ),
    (
        "permit",
        {
            "uscc": "bench_uscc(i)",
            "permit_id": "bench_id('per', i)",
            "number": "'P' || i",
            "kind": "'food'",
            "issuer": "'office'",
            "valid_from": "DATE('2026-01-01')",
            "registered_at": _WHEN,
            "registered_by": "'cli_bench'",
            "changed_at": _WHEN,
            "version": "1",
        },
    ),
    (
        "seal",
        {
            "id": "bench_id('seal', i)",
            "owner_uscc": "bench_uscc(i)",
            "owner_name": "'Company No. ' || CAST(i AS TEXT)",
            "owner_is_person": "bench_flag(0)",
            "seal_type": "'OFFICIAL'",
            "medium": "'ELECTRONIC'",
            "name": "'seal'",
            "status": "CASE WHEN i % 1000 = 998 THEN 'REVOKED' ELSE 'ACTIVE' END",
            "status_since": _WHEN,
            "version": "1",
            "applied_at": _WHEN,
            "applicant_client_id": "'cli_bench'",
            "code": "'C' || i",
            "imprint_sha256": "bench_hex('imprint', i)",
            "valid_until": "bench_time(i + 100000000)",
            "under_review": "bench_flag(0)",
            "suspended_by_regulator": "bench_flag(0)",
        },
    ),
    (
        "seal_event",
        {
            "seal_id": "bench_id('seal', i)",
            "action": "'ISSUE'",
            "status": "'ACTIVE'",
            "recorded_at": _WHEN,
            "effective_from": _WHEN,
            "fact_id": "bench_id('evt', i)",
            "by": "'cli_bench'",
        },
    ),
    (
        "certificate",
        {
            "serial_hex": "substr(bench_hex('serial', i), 1, 40)",
            "issuer_label": "'issuing'",
            "profile": "CASE WHEN i = 0 THEN 'seal-maker' ELSE 'seal' END",
            "status": "CASE WHEN i % 1000 = 998 THEN 'REVOKED' ELSE 'ISSUED' END",
            "uscc": "bench_uscc(i)",
            "seal_id": "bench_id('seal', i)",
            "key_ref": "'key'",
            "suite": "'sm2-sm3'",
            "tbs_sha256": "bench_hex('cert', i)",
            "der": _REPORT,
            "not_before": _WHEN,
            "not_after": "bench_time(i + 100000000)",
            "intended_at": _WHEN,
            "revoked_at": "CASE WHEN i % 1000 = 998 THEN bench_time(i) END",
            "reason": "CASE WHEN i % 1000 = 998 THEN 0 END",
        },
    ),
    (
        "seal_credential",
        {
            "seal_id": "bench_id('seal', i)",
            "suite": "'sm2-sm3'",
            "key_ref": "'key'",
            "cert_serial": "substr(bench_hex('serial', i), 1, 40)",
            "eseal_sha256": "bench_hex('eseal', i)",
            "made_at": _WHEN,
        },
    ),
)
DOCUMENTS: Tables = (
    (
        "seal_use",
        {
            "id": "bench_id('sea', i)",
            "status": "CASE WHEN i % 1000 = 997 THEN 'ABANDONED' ELSE 'COMPLETED' END",
            "seal_id": _SEAL_ID,
            "owner_uscc": _OWNER,
            "cert_serial": "substr(bench_hex('serial', bench_heavy(i)), 1, 40)",
            "original_sha256": "bench_hex('original', i)",
            "tbs_sha256": "bench_hex('tbs', i)",
            "signature_sha256": "bench_hex('signature', i)",
            "sealed_sha256": "bench_hex('sealed', i)",
            "media_type": "'application/pdf'",
            "declaration": 'bench_json(\'{"role":"invoice"}\')',
            "by": "'cli_bench'",
            "created_at": _WHEN,
            "completed_at": _WHEN,
            "authorised_fact_id": "bench_id('evt', i)",
            "completed_fact_id": "bench_id('evt', i)",
        },
    ),
    ("invoice_identity", {"mac": "bench_hex('mac', i)", "holder_uscc": _OWNER}),
    (
        "invoice",
        {
            "id": "bench_id('inv', i)",
            "entity_uscc": _OWNER,
            "side": "'SELLER'",
            "state": "CASE WHEN i % 1000 = 996 THEN 'REFUSED' ELSE 'VERIFIED' END",
            "document_sha256": "bench_hex('sealed', i)",
            "media_type": "'application/pdf'",
            "size_bytes": "30000",
            "kept": "bench_flag(1)",
            "fields": "bench_json('{}')",
            "findings": "bench_json('[]')",
            "sound": "bench_flag(1)",
            "red": "bench_flag(0)",
            "gross": "'113.00'",
            "seller_uscc": _OWNER,
            "buyer_uscc": "bench_uscc(i + 1)",
            "identity_mac": "bench_hex('mac', i)",
            "proof": "'SEAL'",
            "by": "'cli_bench'",
            "taken_at": _WHEN,
            "changed_at": _WHEN,
            "fact_id": "bench_id('evt', i)",
        },
    ),
    (
        "invoice_claim",
        {
            "id": "bench_id('clm', i)",
            "invoice_id": "bench_id('inv', i)",
            "entity_uscc": _OWNER,
            "identity_mac": "bench_hex('mac', i)",
            "held_mac": "bench_hex('mac', i)",
            "purpose": "'BOOKING'",
            "state": "'HELD'",
            "claimed_at": _WHEN,
            "by": "'cli_bench'",
            "fact_id": "bench_id('evt', i)",
        },
    ),
    (
        "invoice_booking",
        {
            "id": "bench_id('bkg', i)",
            "invoice_id": "bench_id('inv', i)",
            "entity_uscc": _OWNER,
            "identity_mac": "bench_hex('mac', i)",
            "side": "'SELLER'",
            "voucher": "'V1'",
            "posted_on": "DATE('2026-01-01')",
            "period": "'2026-01'",
            "basis": "'ELECTRONIC'",
            "booked_at": _WHEN,
            "by": "'cli_bench'",
            "fact_id": "bench_id('evt', i)",
        },
    ),
    (
        "contract",
        {
            "id": "bench_id('con', i)",
            "title": "'Sale'",
            "number": "'K' || i",
            "status": "CASE WHEN i % 1000 = 995 THEN 'SIGNING' ELSE 'CONCLUDED' END",
            "status_since": _WHEN,
            "version": "1",
            "initiator_uscc": _OWNER,
            "order": "'PARALLEL'",
            "deadline": _WHEN,
            "media_type": "'application/pdf'",
            "original_sha256": "bench_hex('original', i)",
            "current_sha256": "bench_hex('sealed', i)",
            "created_at": _WHEN,
            "shared": "bench_flag(1)",
        },
    ),
    (
        "contract_party",
        {
            "contract_id": "bench_id('con', i)",
            "position": "1",
            "uscc": "bench_uscc(i + 1)",
            "name": "'Company'",
            "role": "'BUYER'",
        },
    ),
    (
        "contract_event",
        {
            "contract_id": "bench_id('con', i)",
            "type": "'contract.drafted'",
            "status": "'DRAFT'",
            "digest": "bench_hex('original', i)",
            "recorded_at": _WHEN,
            "fact_id": "bench_id('evt', i)",
            "by": "'cli_bench'",
        },
    ),
    (
        "verification",
        {
            "id": "bench_id('ver', i)",
            "document_sha256": "bench_hex('sealed', i)",
            "summary": "'VALID'",
            "indication": "'TOTAL_PASSED'",
            "created_at": _WHEN,
            "fact_id": "bench_id('evt', i)",
            "evidence_sha256": "bench_hex('evidence', i)",
            "report": _REPORT,
        },
    ),
    (
        "transaction_report",
        {
            "id": "bench_id('txn', i)",
            "summary": "'CONSISTENT'",
            "created_at": _WHEN,
            "expires_at": "bench_time(i + 100000000)",
            "fact_id": "bench_id('evt', i)",
            "deal_sha256": "bench_hex('deal', i)",
            "report": _REPORT,
        },
    ),
    (
        "attestation",
        {
            "id": "bench_id('att', i)",
            "kind": "'order'",
            "operator_uscc": _OWNER,
            "number": "'N' || i",
            "live_key": f"{_OWNER} || ':order:N' || i",
            "status": "'ISSUED'",
            "record": (
                'bench_json(\'{"v":1,"kind":"order","id":"\' || bench_id(\'att\', i)'
                f' || \'","operator":"\' || {_OWNER}'
                ' || \'","issuedAt":"2026-11-21T09:00:00Z","subject":{"number":"N1"}}\')'
            ),
            "seal_id": _SEAL_ID,
            "cert_serial": "'00'",
            "created_at": _WHEN,
            "by": "'cli_bench'",
        },
    ),
)
_TYPE = "CASE WHEN i % 2 = 1 THEN 'sealing.completed' ELSE 'seal.activated' END"


def _subject(kind: str, subject_id: str, *, odd: bool) -> tuple[str, Columns]:
    columns = {
        "kind": f"'{kind}'",
        "subject_id": subject_id,
        "type": _TYPE,
        "seq": "i",
    }
    return ("fact_subject WHERE i % 2 = 1" if odd else "fact_subject", columns)


_SUBJECTS = (
    f"""'[["entity","' || {_OWNER} || '"],["seal","' || {_SEAL_ID} || '"]'"""
    """ || CASE WHEN i % 2 = 1 THEN ',["document","' || bench_hex('sealed', i)"""
    """ || '"],["signature","' || bench_hex('signature', i)"""
    """ || '"],["sealing","' || bench_id('sea', i) || '"]]' ELSE ']' END"""
)

LOG: Tables = (
    (
        "fact",
        {
            "seq": "i",
            "fact_id": "bench_id('evt', i)",
            "type": _TYPE,
            "at": _WHEN,
            "subjects": _SUBJECTS,
            "entry": "bench_entry(i)",
            "payload": f"bench_bytes('{_PAYLOAD}' || bench_hex('sealed', i) || '\"}}')",
            "salt": "bench_bytes('12345678901234567890123456789012')",
        },
    ),
    _subject("entity", _OWNER, odd=False),
    _subject("seal", _SEAL_ID, odd=False),
    _subject("document", "bench_hex('sealed', i)", odd=True),
    _subject("signature", "bench_hex('signature', i)", odd=True),
    _subject("sealing", "bench_id('sea', i)", odd=True),
    (
        "log_entry",
        {"idx": "i", "seq": "i", "leaf_hash": "bench_leaf_hash(i)"},
    ),
)
ALL = REGISTER + DOCUMENTS + LOG
_UNMEASURED = {"permit", "seal_credential", "invoice_booking"} | {
    "contract",
    "contract_party",
    "contract_event",
}
MEASURED = tuple(one for one in ALL if one[0] not in _UNMEASURED)
