"""Maker of a two-party sales contract on A4, with room for both parties' seals."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from api.demo.amounts import Line, plain, rmb_in_words, totals
from api.demo.paper import A4_MM, Paper, price, quantity
from sealsvc.areas.entities.model.record import EntityDraft
from sealsvc.values import Placement

SEAL_WIDTH_MM = 40.0

_CHINA = timezone(timedelta(hours=8))
_LEFT, _WIDTH, _BOTTOM = 25.0, 160.0, 268.0
_TABLE_X = (25.0, 89.0, 107.0, 127.0, 153.0, 185.0)

# Placeholders: {days} of delivery, {place}, {gross} in figures, {words} in Chinese capitals.
_CLAUSES = (
    (
        "第一条　标的物",
        "甲方向乙方出售下表所列货物及服务（以下称“标的物”），乙方同意购买。标的物的名称、规格、数量"
        "和不含税单价以下表为准，适用增值税税率13%。",
    ),
    (
        "第二条　价款与支付",
        "合同含税总价为人民币{gross}元（大写：{words}）。乙方于本合同生效之日起五个工作日内支付总价的"
        "百分之三十作为预付款，标的物验收合格并收到甲方开具的增值税发票之日起十个工作日内付清余款。",
    ),
    (
        "第三条　交付",
        "甲方于合同生效之日起{days}日内将标的物运至{place}，运费由甲方承担。标的物毁损、灭失的风险自乙方"
        "签收之时起由乙方承担。",
    ),
    (
        "第四条　验收",
        "乙方自签收之日起七日内完成验收，并以书面形式通知甲方验收结果；逾期未提出书面异议的，视为验收"
        "合格。对不符合约定的标的物，甲方应当在十日内更换或者补足。",
    ),
    (
        "第五条　质量保证",
        "标的物的质量保证期为十二个月，自验收合格之日起计算。保证期内因产品质量产生的修理、更换费用由"
        "甲方承担，因乙方使用不当造成的损坏除外。",
    ),
    (
        "第六条　发票",
        "甲方在收到每笔款项后五个工作日内向乙方开具电子发票，发票加盖甲方的电子发票专用章，乙方可通过"
        "可信交易服务查验印章与文件的真实性。",
    ),
    (
        "第七条　违约责任",
        "任何一方迟延履行的，每迟延一日按迟延部分金额的万分之五向对方支付违约金，违约金总额不超过合同"
        "总价的百分之十。迟延超过三十日的，对方有权解除合同并要求赔偿损失。",
    ),
    (
        "第八条　保密",
        "双方对因订立和履行本合同而知悉的对方商业秘密负有保密义务，该义务在合同终止后三年内继续有效，"
        "法律另有规定或者对方书面同意的除外。",
    ),
    (
        "第九条　不可抗力",
        "因不可抗力不能履行合同的，根据不可抗力的影响部分或者全部免除责任，但应当及时通知对方并在合理"
        "期限内提供证明。",
    ),
    (
        "第十条　争议解决",
        "因本合同发生的争议，双方应当协商解决；协商不成的，任何一方可以向原告住所地有管辖权的人民法院"
        "提起诉讼。",
    ),
    (
        "第十一条　电子签章与生效",
        "本合同以数据电文形式订立。双方确认使用可靠的电子签名，在本合同上加盖的电子印章与实物印章具有"
        "同等效力。本合同自双方均加盖电子合同专用章之时起生效，双方各保存一份。",
    ),
)


@dataclass(frozen=True)
class Contract:
    """What stands in a contract. number: as both parties file it; dated_at: aware."""

    number: str
    dated_at: datetime
    seller: EntityDraft
    buyer: EntityDraft
    lines: tuple[Line, ...]
    delivery_days: int = 15


@dataclass(frozen=True)
class ContractPdf:
    """The file, and where each party's seal goes: over its name, 40 mm wide."""

    data: bytes
    seller_seal: Placement
    buyer_seal: Placement


def make_contract(contract: Contract) -> ContractPdf:
    """Write the contract; the same contract gives the same bytes.

    Source: china-domain section 7 (parties, subject matter, clauses, security).
    """
    paper = Paper(A4_MM, contract.dated_at, f"货物买卖合同 {contract.number}")
    paper.add_page()
    y = _heading(paper, contract)
    for number, (head, text) in enumerate(clauses(contract)):
        y = _clause(paper, y, head, text)
        if number == 0:
            y = _table(paper, y, contract)
    y = _room(paper, y, 68)
    return _signatures(paper, y, contract)


def clauses(contract: Contract) -> tuple[tuple[str, str], ...]:
    """Head and text of each clause, the terms filled in."""
    return tuple((head, text.format(**_terms(contract))) for head, text in _CLAUSES)


def _heading(paper: Paper, contract: Contract) -> float:
    paper.words(A4_MM[0] / 2, 32, "货物买卖合同", 20, "C")
    day = contract.dated_at.astimezone(_CHINA)
    paper.words(185, 42, f"合同编号：{contract.number}", 10, "R")
    paper.words(185, 48, f"签订日期：{day.year}年{day.month}月{day.day}日", 10, "R")
    y = 54.0
    for side, entity in (("甲方（出卖人）", contract.seller), ("乙方（买受人）", contract.buyer)):
        y = paper.block(
            _LEFT,
            y,
            _WIDTH,
            f"{side}：{entity.legal_name}\n统一社会信用代码：{entity.uscc}\n"
            f"住所：{entity.registered_address}\n法定代表人：{entity.legal_representative}",
        )
        y += 2.5
    opening = (
        "根据《中华人民共和国民法典》《中华人民共和国电子签名法》及有关规定，双方在平等、自愿的基础上，"
        "就货物买卖事宜订立本合同，共同遵守。"
    )
    return paper.block(_LEFT, y, _WIDTH, opening) + 2.5


def _clause(paper: Paper, y: float, head: str, text: str) -> float:
    y = _room(paper, y, 34)
    y = paper.block(_LEFT, y, _WIDTH, head, 11.5)
    return paper.block(_LEFT, y + 0.8, _WIDTH, "　　" + text) + 2.5


def _table(paper: Paper, y: float, contract: Contract) -> float:
    rows = [("名称与规格", "单位", "数量", "单价（元）", "不含税金额（元）")]
    rows += [
        (
            f"{line.name.rpartition('*')[2]} {line.spec}".strip(),
            line.unit,
            quantity(line.quantity),
            price(line.unit_price),
            plain(line.net),
        )
        for line in contract.lines
    ]
    sums = totals(contract.lines)
    rows.append(("合计", "", "", f"税额 {plain(sums.tax)}", plain(sums.net)))
    height = 7.0
    paper.set_line_width(0.2)
    for number, row in enumerate(rows):
        top = y + number * height
        for left, right, cell in zip(_TABLE_X, _TABLE_X[1:], row, strict=False):
            paper.rect(left, top, right - left, height)
            paper.words((left + right) / 2, top + 4.7, cell, 9.5, "C")
    return y + len(rows) * height + 4


def _signatures(paper: Paper, y: float, contract: Contract) -> ContractPdf:
    paper.words(A4_MM[0] / 2, y + 6, "（以下无正文，为签署页）", 9.5, "C")
    day = contract.dated_at.astimezone(_CHINA)
    places = []
    parties = (("甲方（盖章）", contract.seller), ("乙方（盖章）", contract.buyer))
    for left, (side, entity) in zip((_LEFT, 110.0), parties, strict=True):
        paper.words(left, y + 20, f"{side}：")
        paper.words(left, y + 28, entity.legal_name)
        paper.words(left, y + 36, f"法定代表人：{entity.legal_representative}")
        paper.words(left, y + 44, f"日期：{day.year}年{day.month}月{day.day}日")
        page = int(paper.page_no())
        places.append(Placement(page, left + 22, round(y + 14, 1), SEAL_WIDTH_MM))
    return ContractPdf(paper.finished(), places[0], places[1])


def _room(paper: Paper, y: float, height: float) -> float:
    """y, or the top of a new page when less than `height` millimetres are left."""
    if y + height <= _BOTTOM:
        return y
    paper.add_page()
    return 25.0


def _terms(contract: Contract) -> dict[str, str]:
    gross: Decimal = totals(contract.lines).gross
    return {
        "gross": plain(gross),
        "words": rmb_in_words(gross),
        "days": str(contract.delivery_days),
        "place": contract.buyer.registered_address or "乙方住所",
    }
