"""Filling outlines: exact coverage of each pixel, composited on a premultiplied RGBA canvas."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from sealsvc.documents.ofd.render.budget import Budget
from sealsvc.documents.ofd.render.geometry import Points

Mask = NDArray[np.float32]
"""Coverage 0..1, shape (height, width)."""
Edges = NDArray[np.float64]
"""Straight edges x0 y0 x1 y1 in pixels, shape (n, 4)."""
Window = tuple[int, int, int, int]
"""left, top, right, bottom in pixels; the last two excluded."""


@dataclass(frozen=True)
class Paint:
    """rgb and alpha: 0..1. blend: `Normal`, `Multiply` or `Darken`."""

    rgb: tuple[float, float, float]
    alpha: float = 1.0
    blend: str = "Normal"


@dataclass(frozen=True, eq=False)
class Clip:
    """Where painting reaches: nothing outside the window, the mask inside it (None: all)."""

    window: Window
    mask: Mask | None = None

    def within(self, other: "Clip") -> "Clip":
        """What both let through."""
        window = meet(self.window, other.window)
        masks = [one.part(window) for one in (self, other) if one.mask is not None]
        if not masks:
            return Clip(window)
        return Clip(window, masks[0] if len(masks) == 1 else masks[0] * masks[1])

    def part(self, window: Window) -> Mask:
        """The mask of a window inside this one's."""
        left, top, right, bottom = window
        if self.mask is None:
            return np.ones((max(0, bottom - top), max(0, right - left)), dtype=np.float32)
        x, y = self.window[:2]
        return self.mask[top - y : bottom - y, left - x : right - x]


def meet(one: Window, other: Window) -> Window:
    """Common part; of no extent where there is none."""
    left, top = max(one[0], other[0]), max(one[1], other[1])
    return left, top, max(left, min(one[2], other[2])), max(top, min(one[3], other[3]))


def is_empty(window: Window) -> bool:
    """Whether no pixel is inside."""
    return window[2] <= window[0] or window[3] <= window[1]


def edges_of(contours: Sequence[Points]) -> Edges:
    """Edges of closed contours."""
    kept = [one for one in contours if len(one) > 1]
    if not kept:
        return np.empty((0, 4))
    lengths = np.array([len(one) for one in kept])
    points = np.concatenate(kept)
    following = np.arange(1, len(points) + 1)
    ends = np.cumsum(lengths)
    following[ends - 1] = ends - lengths
    joined: Edges = np.hstack((points, points[following]))
    return joined


def window_of(edges: Edges) -> Window:
    """Whole pixels around edges."""
    if not len(edges):
        return 0, 0, 0, 0
    x, y = edges[:, 0::2], edges[:, 1::2]
    return floor(x.min()), floor(y.min()), ceil(x.max()) + 1, ceil(y.max()) + 1


def coverage(edges: Edges, window: Window, even_odd: bool, budget: Budget) -> Mask:
    """Share of each pixel that is inside, by signed areas summed along rows.

    Overlaps of contours of one sense count once; with even_odd they cancel.
    """
    width, height = window[2] - window[0], window[3] - window[1]
    local = _cut(edges - np.array([window[0], window[1]] * 2, dtype=np.float64), width, height)
    local = _split(_split(local, 1, budget), 0, budget)
    x0, y0, x1, y1 = local.T
    column = np.clip(np.floor((x0 + x1) / 2), 0, width - 1).astype(np.int64)
    row = np.clip(np.floor((y0 + y1) / 2), 0, height - 1).astype(np.int64)
    rise = y1 - y0
    share = rise * ((x0 + x1) / 2 - column)
    cells = row * (width + 1) + column
    size = (width + 1) * height
    sums = np.bincount(cells, rise - share, size) + np.bincount(cells + 1, share, size + 1)[:size]
    wound = np.abs(np.cumsum(sums.reshape(height, width + 1), axis=1)[:, :width])
    if even_odd:
        wound = np.abs(wound - 2 * np.round(wound / 2))
    return np.minimum(wound, 1.0).astype(np.float32)


def _cut(edges: Edges, width: int, height: int) -> Edges:
    """Edges within the rows; what lies beside the window is moved onto its border."""
    x0, y0, x1, y1 = edges.T
    if edges.min() >= 0 and max(x0.max(), x1.max()) <= width and max(y0.max(), y1.max()) <= height:
        inside: Edges = edges[y0 != y1]
        return inside
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        places = [-y0 / (y1 - y0), (height - y0) / (y1 - y0), -x0 / (x1 - x0)]
        places.append((width - x0) / (x1 - x0))
    stops = np.sort(np.clip(np.nan_to_num(np.stack(places), nan=0.0), 0.0, 1.0), axis=0)
    stops = np.vstack((np.zeros_like(x0), stops, np.ones_like(x0)))
    xs, ys = x0 + stops * (x1 - x0), y0 + stops * (y1 - y0)
    parts: Edges = np.stack((xs[:-1], ys[:-1], xs[1:], ys[1:]), axis=-1).reshape(-1, 4)
    middle = (parts[:, 1] + parts[:, 3]) / 2
    kept = (middle >= 0) & (middle <= height) & (parts[:, 1] != parts[:, 3])
    parts = parts[kept]
    parts[:, 0::2] = np.clip(parts[:, 0::2], 0, width)
    parts[:, 1::2] = np.clip(parts[:, 1::2], 0, height)
    return parts


def _split(edges: Edges, axis: int, budget: Budget) -> Edges:
    """Edges cut at whole numbers of x (axis 0) or y (axis 1)."""
    start, end = edges[:, axis], edges[:, axis + 2]
    low, high = np.minimum(start, end), np.maximum(start, end)
    first = np.floor(low)
    counts = np.maximum(1, np.ceil(high) - first).astype(np.int64)
    total = int(counts.sum())
    if total == len(edges):
        return edges
    budget.spend("pixels", total)
    owner = np.repeat(np.arange(len(edges)), counts)
    step = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    line = first[owner] + step
    span = (end - start)[owner]
    near = np.clip(line, low[owner], high[owner])
    far = np.clip(line + 1, low[owner], high[owner])
    rising = span >= 0
    safe = np.where(span == 0, 1.0, span)
    begin = np.where(rising, near, far)
    finish = np.where(rising, far, near)
    ts = np.where(span == 0, 0.0, (begin - start[owner]) / safe)
    te = np.where(span == 0, 1.0, (finish - start[owner]) / safe)
    given = edges[owner]
    out = np.empty_like(given)
    other = 1 - axis
    out[:, axis], out[:, axis + 2] = begin, finish
    change = given[:, other + 2] - given[:, other]
    out[:, other] = given[:, other] + ts * change
    out[:, other + 2] = given[:, other] + te * change
    return out


class Canvas:
    """Pixels of one page, float RGBA premultiplied, shape (height, width, 4)."""

    def __init__(self, width: int, height: int, budget: Budget, white: bool) -> None:
        self.pixels = np.full((height, width, 4), 1.0 if white else 0.0, dtype=np.float32)
        self.budget = budget
        self.whole = Clip((0, 0, width, height))

    def fill(self, edges: Edges, paint: Paint, clip: Clip, even_odd: bool = False) -> None:
        """Paint the inside of closed contours."""
        window = meet(window_of(edges), clip.window)
        if is_empty(window) or paint.alpha <= 0:
            return
        self._touch(window)
        self.budget.spend("points", len(edges))
        mask = coverage(edges, window, even_odd, self.budget) * np.float32(paint.alpha)
        if clip.mask is not None:
            mask = mask * clip.part(window)
        source = np.empty((*mask.shape, 4), dtype=np.float32)
        source[..., :3] = np.asarray(paint.rgb, dtype=np.float32) * mask[..., None]
        source[..., 3] = mask
        self._blend(window, source, paint.blend)

    def lay(self, window: Window, source: NDArray[np.float32], clip: Clip, blend: str) -> None:
        """Composite premultiplied RGBA pixels, shape as the window."""
        visible = meet(window, clip.window)
        if is_empty(visible):
            return
        self._touch(visible)
        left, top, right, bottom = visible
        x, y = window[:2]
        part = source[top - y : bottom - y, left - x : right - x]
        if clip.mask is not None:
            part = part * clip.part(visible)[..., None]
        self._blend(visible, part, blend)

    def masked(self, edges: Edges, even_odd: bool = False) -> Clip:
        """The inside of contours as a clip."""
        window = meet(window_of(edges), self.whole.window)
        if is_empty(window):
            return Clip((0, 0, 0, 0))
        self._touch(window)
        return Clip(window, coverage(edges, window, even_odd, self.budget))

    def _touch(self, window: Window) -> None:
        area = (window[2] - window[0]) * (window[3] - window[1])
        # Small outlines cost as much as some thousand pixels.
        self.budget.spend("pixels", area + 1_000)

    def _blend(self, window: Window, source: NDArray[np.float32], blend: str) -> None:
        left, top, right, bottom = window
        under = self.pixels[top:bottom, left:right]
        alpha, below = source[..., 3:], under[..., 3:]
        if blend == "Normal":
            under *= 1 - alpha
            under += source
            return
        colors, backdrop = source[..., :3], under[..., :3]
        if blend == "Multiply":
            both = colors * backdrop
        else:
            both = np.minimum(colors * below, backdrop * alpha)
        mixed = colors * (1 - below) + backdrop * (1 - alpha) + both
        under[..., 3:] = alpha + below * (1 - alpha)
        under[..., :3] = mixed

    def rgba8(self) -> NDArray[np.uint8]:
        """Straight RGBA, 0..255."""
        alpha = self.pixels[..., 3:]
        colors = self.pixels[..., :3] / np.maximum(alpha, 1e-6)
        straight = np.concatenate((colors, alpha), axis=2)
        return np.asarray(np.rint(np.clip(straight, 0, 1) * 255), dtype=np.uint8)
