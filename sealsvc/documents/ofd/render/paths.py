"""AbbreviatedData: outlines as chords, and lines drawn along them as areas.

Source: GB/T 33190-2016 section 9.1 by the public summaries named in ofd.md section 7.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import acos, ceil, cos, hypot, pi, radians, sin, sqrt

import numpy as np

from sealsvc.documents.ofd.render.geometry import MAX_NUMBERS, Malformed, Points, number

_ARGUMENTS = {"S": 2, "M": 2, "L": 2, "Q": 4, "B": 6, "A": 7, "C": 0}
_GLUED = re.compile(r"[SMLQBAC]|[^SMLQBAC]+")
Chords = Callable[[float], int]
_MOST_CHORDS = 64
_MAX_DASHES = 20_000
_FLAT = 0.01


@dataclass(frozen=True, eq=False)
class Contour:
    """One run of corners. closed: by the document; a fill closes each run anyway."""

    points: Points
    closed: bool


def contours(data: str, px_per_unit: float) -> list[Contour]:
    """The path in its own units, curves fine enough for the scale. Raises: Malformed."""
    return _Reader(px_per_unit).read(data)


class _Reader:
    """Follows one path description."""

    def __init__(self, px_per_unit: float) -> None:
        self._scale = px_per_unit
        self._done: list[Contour] = []
        self._run: list[tuple[float, float]] = []
        self._count = 0

    def read(self, data: str) -> list[Contour]:
        for command, values in _commands(data):
            getattr(self, f"_on_{command.lower()}")(*values)
            if self._count > MAX_NUMBERS:
                raise Malformed("path length")
        self._end(closed=False)
        return self._done

    def _end(self, closed: bool) -> None:
        if len(self._run) > 1:
            self._done.append(Contour(np.asarray(self._run, dtype=np.float64), closed))
        self._run = self._run[:1] if closed else []

    def _add(self, x: float, y: float) -> None:
        self._count += 1
        self._run.append((x, y))

    @property
    def _at(self) -> tuple[float, float]:
        if not self._run:
            raise Malformed("path without a start")
        return self._run[-1]

    def _on_s(self, x: float, y: float) -> None:
        self._on_m(x, y)

    def _on_m(self, x: float, y: float) -> None:
        self._end(closed=False)
        self._add(x, y)

    def _on_l(self, x: float, y: float) -> None:
        if not self._run:
            raise Malformed("path without a start")
        self._add(x, y)

    def _on_q(self, x1: float, y1: float, x2: float, y2: float) -> None:
        x0, y0 = self._at
        steps = self._chords(hypot(x1 - x0, y1 - y0) + hypot(x2 - x1, y2 - y1))
        for step in range(1, steps + 1):
            t = step / steps
            u = 1 - t
            self._add(
                u * u * x0 + 2 * u * t * x1 + t * t * x2, u * u * y0 + 2 * u * t * y1 + t * t * y2
            )

    def _on_b(self, *given: float) -> None:
        (x0, y0), (x1, y1, x2, y2, x3, y3) = self._at, given
        sides = hypot(x1 - x0, y1 - y0) + hypot(x2 - x1, y2 - y1) + hypot(x3 - x2, y3 - y2)
        steps = self._chords(sides)
        for step in range(1, steps + 1):
            t = step / steps
            u = 1 - t
            a, b, c, d = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
            self._add(a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3)

    def _on_a(self, *given: float) -> None:
        start = self._at
        for x, y in _arc(start, given, self._chords):
            self._add(x, y)

    def _on_c(self) -> None:
        self._end(closed=True)

    def _chords(self, length: float) -> int:
        return int(min(max(3, ceil(sqrt(length * self._scale) * 1.5)), _MOST_CHORDS))


def _commands(data: str) -> Iterator[tuple[str, list[float]]]:
    tokens = _tokens(data)
    at = 0
    while at < len(tokens):
        command = tokens[at]
        count = _ARGUMENTS.get(command)
        if count is None:
            raise Malformed("path command")
        values = [number(one) for one in tokens[at + 1 : at + 1 + count]]
        if len(values) < count:
            raise Malformed("path arguments")
        yield command, values
        at += 1 + count


def _tokens(data: str) -> list[str]:
    if len(data) > 16 * MAX_NUMBERS:
        raise Malformed("path length")
    found: list[str] = []
    for part in data.replace(",", " ").split():
        found.extend([part] if len(part) == 1 else _GLUED.findall(part))
        if len(found) > MAX_NUMBERS:
            raise Malformed("path length")
    return found


def _arc(
    start: tuple[float, float], given: tuple[float, ...], chords: Chords
) -> Iterator[tuple[float, float]]:
    """An elliptical arc from end point to centre form, as in SVG."""
    (x0, y0), (rx, ry, turn, large, sweep, x1, y1) = start, given
    rx, ry = abs(rx), abs(ry)
    if rx < 1e-9 or ry < 1e-9 or (x0, y0) == (x1, y1):
        yield x1, y1
        return
    c, s = cos(radians(turn)), sin(radians(turn))
    dx, dy = (x0 - x1) / 2, (y0 - y1) / 2
    px, py = c * dx + s * dy, -s * dx + c * dy
    grow = sqrt(max(1.0, (px / rx) ** 2 + (py / ry) ** 2))
    rx, ry = rx * grow, ry * grow
    under = (rx * py) ** 2 + (ry * px) ** 2
    factor = sqrt(max(0.0, ((rx * ry) ** 2 - under) / under)) if under else 0.0
    factor = factor if bool(large) != bool(sweep) else -factor
    qx, qy = factor * rx * py / ry, -factor * ry * px / rx
    begin = _angle((px - qx) / rx, (py - qy) / ry)
    span = _angle((-px - qx) / rx, (-py - qy) / ry) - begin
    if sweep and span < 0:
        span += 2 * pi
    elif not sweep and span > 0:
        span -= 2 * pi
    cx, cy = c * qx - s * qy + (x0 + x1) / 2, s * qx + c * qy + (y0 + y1) / 2
    steps = chords(abs(span) * max(rx, ry))
    for step in range(1, steps):
        angle = begin + span * step / steps
        ex, ey = rx * cos(angle), ry * sin(angle)
        yield c * ex - s * ey + cx, s * ex + c * ey + cy
    yield x1, y1


def _angle(x: float, y: float) -> float:
    length = hypot(x, y)
    value = acos(min(1.0, max(-1.0, x / length))) if length else 0.0
    return value if y >= 0 else -value


def stroked(runs: list[Contour], width: float, join: str, cap: str) -> list[Points]:
    """Areas of one sense that a pen of a width covers along runs of corners, in pixels."""
    found: list[Points] = []
    half = width / 2
    for run in runs:
        points = _distinct(run.points, run.closed)
        if len(points) < 2:
            if cap == "Round" and len(points):
                found.append(_disc(points[0], half))
            continue
        ends = np.roll(points, -1, axis=0) if run.closed else points[1:]
        starts = points if run.closed else points[:-1]
        found += _bars(starts, ends, half, cap if not run.closed else "Butt")
        # Narrower pens show no joins.
        if width > 1.5:
            found += _joins(points, run.closed, half, join)
            if cap == "Round" and not run.closed:
                found += [_disc(points[0], half), _disc(points[-1], half)]
    return found


def _distinct(points: Points, closed: bool) -> Points:
    apart = np.abs(np.diff(points, axis=0)).max(axis=1, initial=0) > _FLAT
    kept = points[np.concatenate(([True], apart))]
    if closed and len(kept) > 1 and np.abs(kept[0] - kept[-1]).max() <= _FLAT:
        kept = kept[:-1]
    return kept


def _bars(starts: Points, ends: Points, half: float, cap: str) -> list[Points]:
    along = ends - starts
    along = along / np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None] * half
    across = np.stack((-along[:, 1], along[:, 0]), axis=1)
    if cap == "Square":
        starts, ends = starts.copy(), ends.copy()
        starts[0] -= along[0]
        ends[-1] += along[-1]
    corners = np.stack((starts + across, starts - across, ends - across, ends + across), axis=1)
    return list(corners)


def _joins(points: Points, closed: bool, half: float, join: str) -> list[Points]:
    before = np.roll(points, 1, axis=0) if closed else points[:-2]
    here = points if closed else points[1:-1]
    after = np.roll(points, -1, axis=0) if closed else points[2:]
    found = []
    for left, middle, right in zip(before, here, after, strict=True):
        if join == "Round":
            found.append(_disc(middle, half))
            continue
        piece = _corner(middle - left, right - middle, half, join == "Miter")
        if piece is not None:
            found.append(piece + middle)
    return found


def _corner(arriving: Points, leaving: Points, half: float, miter: bool) -> Points | None:
    """The wedge outside a corner at the origin, of the same sense as bars."""
    u = arriving / hypot(*arriving)
    v = leaving / hypot(*leaving)
    turn = float(u[0] * v[1] - u[1] * v[0])
    if abs(turn) < 1e-3:
        return None
    side = -1.0 if turn > 0 else 1.0
    a = side * half * np.array([-u[1], u[0]])
    b = side * half * np.array([-v[1], v[0]])
    corners = [np.zeros(2), a, b]
    cosine = float(np.dot(u, v))
    if miter and cosine > -0.95:
        corners.insert(2, (a + b) / (1 + cosine))
    wedge = np.array(corners)
    x, y = wedge[:, 0], wedge[:, 1]
    area = float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
    return wedge if area > 0 else wedge[::-1]


def _disc(centre: Points, radius: float) -> Points:
    angles = np.linspace(0, 2 * pi, 16, endpoint=False)
    return np.stack((np.cos(angles), np.sin(angles)), axis=1) * radius + centre


def dashed(runs: list[Contour], pattern: list[float], offset: float) -> list[Contour]:
    """Runs cut into dashes; the pattern in the runs' unit. Raises: Malformed, if too many."""
    if len(pattern) % 2:
        pattern = pattern * 2
    found: list[Contour] = []
    for run in runs:
        points = np.vstack((run.points, run.points[:1])) if run.closed else run.points
        lengths = np.hypot(*np.diff(points, axis=0).T)
        if float(lengths.sum()) / sum(pattern) * len(pattern) + len(found) > _MAX_DASHES:
            raise Malformed("dashes")
        found += _dashes(points, lengths, pattern, offset)
    return found


def _dashes(points: Points, lengths: Points, pattern: list[float], offset: float) -> list[Contour]:
    marks = np.concatenate(([0.0], np.cumsum(lengths)))
    at, index = -(abs(offset) % sum(pattern)), 0
    found = []
    while at < marks[-1]:
        end = at + pattern[index]
        if index % 2 == 0 and end > 0:
            low, high = max(at, 0.0), min(end, float(marks[-1]))
            stops = np.concatenate(([low], marks[(marks > low) & (marks < high)], [high]))
            xs = np.interp(stops, marks, points[:, 0])
            ys = np.interp(stops, marks, points[:, 1])
            found.append(Contour(np.stack((xs, ys), axis=1), closed=False))
        at, index = end, (index + 1) % len(pattern)
    return found
