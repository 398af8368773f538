"""The shape of one row of the catalogue."""

from enum import StrEnum
from typing import NamedTuple

from sealsvc.verify.indications import Block, SubIndication


class Axis(StrEnum):
    """The four axes of a report (CONTRACT section 1)."""

    INTEGRITY = "integrity"
    TRUST = "trust"
    SEAL_AUTHORITY = "sealAuthority"
    SEMANTICS = "semantics"


class Weight(StrEnum):
    """What a finding does to its axis.

    FAILS: it is bad; DOUBT: it cannot be decided; NOTICE: a warning without effect; INFO: good to
    know; SKIPPED: the axis was not checked; OMITTED: a detail was not checked, without effect.
    """

    FAILS = "FAILS"
    DOUBT = "DOUBT"
    NOTICE = "NOTICE"
    INFO = "INFO"
    SKIPPED = "SKIPPED"
    OMITTED = "OMITTED"


class Entry(NamedTuple):
    """One code: its usual weight, where it counts, its clause, and its texts with `{gaps}`."""

    weight: Weight
    block: Block
    axis: Axis
    sub_indication: SubIndication | None
    clause: str
    zh: str
    en: str
