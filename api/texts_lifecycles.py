"""The name of every state of every lifecycle, in Chinese and English."""

from enum import StrEnum

from sealsvc.areas.access.model import ClientStatus
from sealsvc.areas.certs.model import CertificateStatus
from sealsvc.areas.contracts.model.lifecycle import ContractStatus
from sealsvc.areas.entities.model.permits import PermitStatus
from sealsvc.areas.entities.model.record import EntityStatus
from sealsvc.areas.invoices.model.lifecycle import ClaimState, InvoiceState, RedLetterState
from sealsvc.areas.sealing.model import SealingStatus
from sealsvc.areas.transactions.model.attestation import AttestationStatus
from sealsvc.values import SealStatus

Names = dict[str, tuple[str, str]]

STATE_NAMES: dict[type[StrEnum], Names] = {
    SealStatus: {
        "APPLIED": ("已申请", "applied for"),
        "APPROVED": ("已批准", "approved"),
        "REJECTED": ("已驳回", "rejected"),
        "ACTIVE": ("有效", "active"),
        "SUSPENDED": ("已冻结", "suspended"),
        "LOST": ("已挂失", "reported lost"),
        "REVOKED": ("已注销", "revoked"),
        "EXPIRED": ("已到期", "expired"),
        "REPLACED": ("已重新制作", "replaced"),
        "VOID": ("无效（被监管机构宣告）", "void"),
    },
    EntityStatus: {"ACTIVE": ("存续", "active"), "CANCELLED": ("已注销", "cancelled")},
    PermitStatus: {
        "NOT_YET_VALID": ("尚未生效", "not yet valid"),
        "VALID": ("有效", "valid"),
        "EXPIRED": ("已到期", "expired"),
        "WITHDRAWN": ("已撤回（吊销、撤销、注销）", "withdrawn"),
    },
    ClientStatus: {"ACTIVE": ("可用", "active"), "REVOKED": ("已吊销", "revoked")},
    CertificateStatus: {
        "INTENDED": ("已记录签发意图", "intended"),
        "ISSUED": ("已签发", "issued"),
        "REVOKED": ("已吊销", "revoked"),
        "ABANDONED": ("已放弃，未签发", "abandoned"),
    },
    SealingStatus: {
        "AUTHORISED": ("已授权，未完成", "authorised"),
        "COMPLETED": ("已完成", "completed"),
        "ABANDONED": ("已放弃，无盖章文件", "abandoned"),
    },
    AttestationStatus: {
        "INTENDED": ("已记录出具意图", "intended"),
        "ISSUED": ("已出具", "issued"),
        "WITHDRAWN": ("已撤回", "withdrawn"),
        "ABANDONED": ("已放弃，未出具", "abandoned"),
    },
    ContractStatus: {
        "DRAFT": ("草稿", "draft"),
        "NEGOTIATING": ("协商中", "negotiating"),
        "READY": ("待签署", "ready"),
        "SIGNING": ("签署中", "signing"),
        "CONCLUDED": ("已成立", "concluded"),
        "AMENDED": ("已变更", "amended"),
        "RENEWED": ("已续签", "renewed"),
        "PERFORMED": ("已履行", "performed"),
        "TERMINATED": ("已终止", "terminated"),
        "REJECTED": ("已拒签", "rejected"),
        "WITHDRAWN": ("已撤回", "withdrawn"),
        "EXPIRED": ("逾期未签", "expired"),
        "DISPUTED": ("争议中", "disputed"),
        "ARCHIVED": ("已归档", "archived"),
    },
    InvoiceState: {
        "RECEIVED": ("已收，未证实", "received"),
        "VERIFIED": ("已证实", "verified"),
        "REFUSED": ("不予接受", "refused"),
        "BOOKED": ("已入账", "booked"),
    },
    ClaimState: {"HELD": ("占用中", "held"), "RELEASED": ("已释放", "released")},
    RedLetterState: {
        "AWAITING_BUYER": ("销方录入，待购方确认", "awaiting the buyer"),
        "AWAITING_SELLER": ("购方录入，待销方确认", "awaiting the seller"),
        "CONFIRMED": ("购销双方已确认", "confirmed"),
        "REFUSED_BY_BUYER": ("作废（购方否认）", "refused by the buyer"),
        "REFUSED_BY_SELLER": ("作废（销方否认）", "refused by the seller"),
        "LAPSED": ("作废（超过72小时未确认）", "lapsed"),
        "WITHDRAWN": ("作废（发起方撤销）", "withdrawn"),
        "WITHDRAWN_AFTER_CONFIRMATION": (
            "作废（确认后撤销）",
            "withdrawn after confirmation",
        ),
    },
}
