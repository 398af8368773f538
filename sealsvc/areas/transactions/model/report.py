"""The report on a deal: a graph of nodes and checks, the findings, one sentence on top."""

from decimal import Decimal
from typing import cast

from sealsvc.areas.transactions.model.attestation import whole_utc
from sealsvc.areas.transactions.model.catalogue import Weight
from sealsvc.areas.transactions.model.deal import Deal, DocumentFact, Expected
from sealsvc.areas.transactions.model.engine import engine_version
from sealsvc.areas.transactions.model.judge import judge
from sealsvc.areas.transactions.model.kinds import KindTable
from sealsvc.areas.transactions.model.money import in_bounds, plain
from sealsvc.areas.transactions.model.policy import TransactionPolicy
from sealsvc.areas.transactions.model.verdict import Check, Verdict, node_name
from sealsvc.values import Json, JsonObject
from sealsvc.verify.indications import AxisResult, Summary

SCHEMA = "1"
_FACT = "evt_"
_TRUSTED = (
    "交易可信：所核验的各部分均有效且互相一致",
    "The deal can be trusted: all parts that were checked are valid and agree",
)
_LEADS = {
    Summary.MODIFIED: ("交易不可信", "Do not rely on this deal"),
    Summary.INVALID: ("交易不可信", "Do not rely on this deal"),
    Summary.UNSIGNED: ("交易未经签章证明", "The deal is not proven by seals"),
    Summary.INDETERMINATE: ("交易无法下结论", "No conclusion about this deal"),
    Summary.INTACT: ("交易文件完整，但未全部核实", "The deal's papers are intact but unconfirmed"),
}


def judged_report(deal: Deal, policy: TransactionPolicy, table: KindTable) -> JsonObject:
    """What the judgement alone says of a deal; id, receipt and links are added by who keeps it."""
    verdict = judge(deal, policy, table)
    return {
        "object": "transactionReport",
        "schema": SCHEMA,
        "summary": str(verdict.summary),
        "sentence": sentence(verdict, table, "zh"),
        "sentenceEn": sentence(verdict, table, "en"),
        "validationTime": whole_utc(deal.asked_at),
        "policy": {"id": policy.name, "digest": policy.digest(table), "kinds": table.version},
        "engine": {"version": engine_version()},
        "expected": _expected(deal.expected),
        "nodes": cast(Json, _nodes(deal, verdict, table)),
        "checks": [_check(check, table) for check in verdict.checks],
        "findings": findings_json(verdict, table),
        "notChecked": omissions_json(verdict, table),
    }


def sentence(verdict: Verdict, table: KindTable, lang: str) -> str:
    """The one sentence that matters. lang: `zh` or `en`."""
    at = 0 if lang == "zh" else 1
    stop, colon = ("。", "：") if lang == "zh" else (".", ": ")
    deciding = verdict.deciding
    if deciding is not None:
        text = deciding.message(table, lang)
        return f"{_LEADS[verdict.summary][at]}{colon}{text}{stop}"
    left_out = [
        node_name(table, check.nodes[0], lang)
        for check in verdict.checks
        if check.code == "TXN_PART_NOT_GIVEN"
    ]
    if not left_out:
        return f"{_TRUSTED[at]}{stop}"
    listed = "、".join(left_out) if lang == "zh" else ", ".join(left_out)
    return f"{_TRUSTED[at]}{'；未提供：' if lang == 'zh' else '; not given: '}{listed}{stop}"


def findings_json(verdict: Verdict, table: KindTable) -> list[Json]:
    """The findings that weigh, the failures first, each once."""
    weighing = [one for one in verdict.checks if one.entry and one.entry.weight != Weight.OMITTED]
    order = list(Weight)
    weighing.sort(key=lambda one: order.index(one.entry.weight) if one.entry else 0)
    return [_finding(check, table) for check in weighing]


def omissions_json(verdict: Verdict, table: KindTable) -> list[Json]:
    """What was not checked."""
    return [
        _finding(one, table)
        for one in verdict.checks
        if one.entry is not None and one.entry.weight is Weight.OMITTED
    ]


def _finding(check: Check, table: KindTable) -> Json:
    assert check.entry is not None
    return {
        "code": check.code,
        "severity": str(check.severity),
        "weight": str(check.entry.weight),
        "check": check.name,
        "nodes": list(check.nodes),
        "rule": check.entry.rule,
        "message": check.message(table, "zh"),
        "messageEn": check.message(table, "en"),
        "evidence": _evidence(check),
    }


def _check(check: Check, table: KindTable) -> Json:
    return {
        "name": check.name,
        "nodes": list(check.nodes),
        "result": str(check.result),
        "code": check.code,
        "message": check.message(table, "zh") or None,
        "messageEn": check.message(table, "en") or None,
        "evidence": _evidence(check),
    }


def _evidence(check: Check) -> list[Json]:
    """What proves it; a fact also by where its receipt is."""
    found: list[Json] = []
    for one in check.evidence:
        item: JsonObject = {"id": one}
        if one.startswith(_FACT):
            item["receipt"] = f"/v1/receipts/{one}"
        found.append(item)
    return found


def _nodes(deal: Deal, verdict: Verdict, table: KindTable) -> list[JsonObject]:
    shown: list[JsonObject] = []
    for side in ("seller", "buyer"):
        code = getattr(deal, side)
        fact = None if code is None else deal.merchant(code)
        shown.append({"id": side, "uscc": code, "name": None if fact is None else fact.name})
    if deal.expected.order_number is not None or deal.expected.amount is not None:
        shown.append({"id": "order", "number": deal.expected.order_number})
    if deal.contract is not None:
        one = deal.contract
        shown.append(
            {
                "id": "contract",
                "number": one.number,
                "status": one.status,
                **_document(one.document),
                "amount": _money(one.amount, one.currency),
            }
        )
    for number, invoice in enumerate(deal.invoices, 1):
        shown.append(
            {
                "id": f"invoice:{number}",
                "number": invoice.number,
                **_document(invoice.document),
                "amount": _money(invoice.gross, invoice.currency),
            }
        )
    shown += _attested(deal, table)
    for node in shown:
        name = str(node["id"])
        node["label"] = node_name(table, name, "zh")
        node["labelEn"] = node_name(table, name, "en")
        node["result"] = str(verdict.node_result(name))
    return shown + _missing(verdict, table, {str(one["id"]).partition(":")[0] for one in shown})


def _attested(deal: Deal, table: KindTable) -> list[JsonObject]:
    shown: list[JsonObject] = []
    counts: dict[str, int] = {}
    for one in deal.attestations:
        record = one.record
        counts[record.kind] = counts.get(record.kind, 0) + 1
        kind = table.find(record.kind)
        amount = None if kind is None else record.text(kind.amount)
        shown.append(
            {
                "id": f"{record.kind}:{counts[record.kind]}",
                "attestationId": record.attestation_id,
                "number": None if kind is None else record.text(kind.number),
                "operator": record.operator,
                "operatorName": None if one.operator is None else one.operator.name,
                "digest": record.digest(),
                "amount": None
                if amount is None or kind is None
                else f"{amount} {record.text(kind.currency) or ''}".strip(),
            }
        )
    return shown


def _missing(verdict: Verdict, table: KindTable, present: set[str]) -> list[JsonObject]:
    """Parts that are asked for and not there stand in the graph too."""
    return [
        {
            "id": check.nodes[0],
            "label": node_name(table, check.nodes[0], "zh"),
            "labelEn": node_name(table, check.nodes[0], "en"),
            "result": str(AxisResult.NOT_CHECKED),
        }
        for check in verdict.checks
        if check.name.endswith(".given") and check.code and check.nodes[0] not in present
    ]


def _document(document: DocumentFact | None) -> JsonObject:
    if document is None:
        return {"document": None}
    shape: JsonObject = {"digest": document.sha256, "summary": document.summary}
    if document.verification_id is not None:
        shape["verification"] = f"/v1/verifications/{document.verification_id}"
    return {"document": shape}


def _expected(expected: Expected) -> JsonObject:
    return {
        "seller": expected.seller,
        "buyer": expected.buyer,
        "amount": _money(expected.amount, expected.currency),
        "orderNumber": expected.order_number,
        "contractNumber": expected.contract_number,
        "invoiceNumber": expected.invoice_number,
        "notBefore": None if expected.not_before is None else expected.not_before.isoformat(),
        "notAfter": None if expected.not_after is None else expected.not_after.isoformat(),
    }


def _money(amount: Decimal | None, currency: str | None) -> str | None:
    if amount is None or not in_bounds(amount):
        return None
    return f"{plain(amount)} {currency or 'CNY'}"
