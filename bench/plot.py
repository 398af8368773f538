"""The ratios as a bar chart, written as SVG so that no plotting library is needed."""

import math
from xml.sax.saxutils import escape

from bench.timing import Row

_WIDTH, _LEFT, _BAR, _GAP = 760, 230, 16, 10


def ratio_plot(rows: list[Row]) -> str:
    """Bars on a logarithmic scale: ours against the library; a tick where the limit lies."""
    shown = [one for one in rows if one.ratio is not None and one.ratio > 0]
    top = max((max(one.ratio or 1, one.limit_ratio or 1) for one in shown), default=10.0)
    scale = (_WIDTH - _LEFT - 70) / max(math.log10(max(top, 10)), 1)
    height = 30 + len(shown) * (_BAR + _GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        f'<text x="{_LEFT}" y="16" fill="#555">ratio to the library, log scale; | = limit</text>',
    ]
    for place, one in enumerate(shown):
        parts += _bar(one, 26 + place * (_BAR + _GAP), scale)
    return "\n".join([*parts, "</svg>", ""])


def _bar(one: Row, y: int, scale: float) -> list[str]:
    ratio = max(one.ratio or 1.0, 1.0)
    width = max(math.log10(ratio) * scale, 1.0)
    parts = [
        f'<text x="{_LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(one.name)}</text>',
        f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="#b5332a"/>',
        f'<text x="{_LEFT + width + 6:.1f}" y="{y + 12}">{ratio:.4g}×</text>',
    ]
    if one.limit_ratio is not None and one.limit_ratio > 1:
        x = _LEFT + math.log10(one.limit_ratio) * scale
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y - 2}" y2="{y + _BAR + 2}" stroke="#222"/>'
        )
    return parts
