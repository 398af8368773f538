"""Administrative regions: the first six digits of many Chinese codes (GB/T 2260).

The table is python-stdnum's; it keeps regions that were renamed or merged, as it must here,
because a code issued under an old region is valid for life.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from stdnum import numdb

from sealsvc.areas.entities.model.code_tables import load_table

REGION_LENGTH = 6
_PERIOD = re.compile(r"^\[[0-9]*-[0-9]*\]")


@dataclass(frozen=True)
class Region:
    """A region by its six digits.

    name: the latest name the code had; equals province for a code of province level.
    """

    code: str
    province: str
    name: str


@cache
def _extra_regions() -> dict[str, Region]:
    rows = load_table("regions_extra")["entries"]
    return {row["code"]: Region(row["code"], row["province"], row["name"]) for row in rows}


@lru_cache(maxsize=8192)
def find_region(code: str) -> Region | None:
    """The region of six ASCII digits, None where neither table holds it.

    Source: GB/T 2260; `100000` for national authorities, china-domain 1.1.
    """
    if len(code) != REGION_LENGTH or not (code.isascii() and code.isdigit()):
        return None
    extra = _extra_regions().get(code)
    if extra is not None:
        return extra
    found: dict[str, str] = {}
    for _part, members in numdb.get("cn/loc").info(code):
        found.update(members)
    if "county" not in found or "province" not in found:
        return None
    latest = _PERIOD.sub("", found["county"].split(",")[-1])
    return Region(code, found["province"], latest)
