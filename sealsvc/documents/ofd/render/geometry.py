"""Numbers, boxes and matrices of OFD. Lengths in millimetres, y downwards."""

from dataclasses import dataclass
from math import cos, hypot, isfinite, radians, sin

import numpy as np
from numpy.typing import NDArray

MAX_NUMBER = 1e7
"""Larger numbers are no lengths on paper, and would overflow later."""
MAX_NUMBERS = 200_000

Points = NDArray[np.float64]
"""Shape (n, 2)."""


class Malformed(Exception):
    """A value of the document cannot be read; the object it belongs to is not drawn."""


def number(text: str | None, default: float | None = None) -> float:
    """A finite number. Raises: Malformed."""
    if text is None or not text.strip():
        if default is None:
            raise Malformed("number missing")
        return default
    if len(text) > 64:
        raise Malformed("number too long")
    try:
        value = float(text)
    except ValueError:
        raise Malformed("no number") from None
    if not isfinite(value) or abs(value) > MAX_NUMBER:
        raise Malformed("number out of range")
    return value


def numbers(text: str | None, limit: int = MAX_NUMBERS) -> list[float]:
    """Numbers separated by blanks (or commas). Raises: Malformed."""
    if not text:
        return []
    if len(text) > 32 * limit:
        raise Malformed("too many numbers")
    parts = text.replace(",", " ").split()
    if len(parts) > limit:
        raise Malformed("too many numbers")
    return [number(part) for part in parts]


@dataclass(frozen=True)
class Box:
    """ST_Box: top-left corner, width and height, mm."""

    x: float
    y: float
    width: float
    height: float

    @staticmethod
    def read(text: str | None) -> "Box":
        """From `x y width height`. Raises: Malformed."""
        values = numbers(text, 16)
        if len(values) < 4:
            raise Malformed("box")
        return Box(*values[:4])


@dataclass(frozen=True)
class Matrix:
    """Affine map: x' = a x + c y + e, y' = b x + d y + f."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    @staticmethod
    def read(text: str | None) -> "Matrix":
        """From ST_Array `a b c d e f`; identity where there is none. Raises: Malformed."""
        values = numbers(text, 16)
        if not values:
            return Matrix()
        if len(values) < 6:
            raise Malformed("matrix")
        return Matrix(*values[:6])

    @staticmethod
    def shift(x: float, y: float) -> "Matrix":
        """Translation."""
        return Matrix(e=x, f=y)

    @staticmethod
    def scale(x: float, y: float) -> "Matrix":
        """Scaling about the origin."""
        return Matrix(a=x, d=y)

    @staticmethod
    def turn(degrees: float) -> "Matrix":
        """Rotation, clockwise on the page."""
        angle = radians(degrees)
        return Matrix(cos(angle), sin(angle), -sin(angle), cos(angle))

    def then(self, outer: "Matrix") -> "Matrix":
        """This map, followed by `outer`."""
        x, y = outer.one(self.e, self.f)
        return Matrix(
            outer.a * self.a + outer.c * self.b,
            outer.b * self.a + outer.d * self.b,
            outer.a * self.c + outer.c * self.d,
            outer.b * self.c + outer.d * self.d,
            x,
            y,
        )

    def one(self, x: float, y: float) -> tuple[float, float]:
        """Image of one point."""
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def many(self, points: Points) -> Points:
        """Images of points."""
        linear = np.array([[self.a, self.b], [self.c, self.d]])
        return np.asarray(points @ linear + (self.e, self.f), dtype=np.float64)

    @property
    def determinant(self) -> float:
        """Factor of areas, negative for mirrors."""
        return self.a * self.d - self.b * self.c

    @property
    def length(self) -> float:
        """Factor of lengths, on average."""
        return float(abs(self.determinant) ** 0.5)

    @property
    def reach(self) -> tuple[float, float]:
        """Lengths of the images of the two unit vectors."""
        return hypot(self.a, self.b), hypot(self.c, self.d)
