"""Measure a rendered imprint in millimetres, as a ruler on paper would."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sealsvc.imprint.render import ImprintSpec, render_png, spec_for
from sealsvc.values import SealType

COMPANY = "北京青禾示例科技有限公司"
USCC = "91110000MA00000152"


def seal(seal_type: SealType, **given: str | int | None) -> ImprintSpec:
    """A specification with defaults for everything."""
    sequence = given.get("sequence")
    return spec_for(
        seal_type,
        entity_name=str(given.get("entity_name", COMPANY)),
        uscc=str(given.get("uscc", USCC)),
        seal_name=str(given.get("seal_name", "市场部")),
        person_name=str(given.get("person_name", "张小明")),
        sequence=sequence if isinstance(sequence, int) else None,
    )


@dataclass(frozen=True, eq=False)
class Measured:
    """Ink of a picture with the coordinates (mm, origin at the centre, y down) of each pixel."""

    ink: NDArray[np.bool_]
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    @property
    def size_mm(self) -> tuple[float, float]:
        step = self.x[0, 1] - self.x[0, 0]
        return self.ink.shape[1] * step, self.ink.shape[0] * step

    @property
    def angle_deg(self) -> NDArray[np.float64]:
        """Polar angle at the centre, 0 at the top, clockwise positive."""
        return np.rad2deg(np.arctan2(self.x, -self.y))

    def within(self, x: tuple[float, float], y: tuple[float, float]) -> NDArray[np.bool_]:
        inside = (self.x > x[0]) & (self.x < x[1]) & (self.y > y[0]) & (self.y < y[1])
        return self.ink & inside

    def box(self, part: NDArray[np.bool_]) -> tuple[float, float, float, float]:
        """Left, top, right, bottom edge of the ink, mm."""
        half = (self.x[0, 1] - self.x[0, 0]) / 2
        x, y = self.x[part], self.y[part]
        return (
            float(x.min() - half),
            float(y.min() - half),
            float(x.max() + half),
            float(y.max() + half),
        )

    def ring(self, inner: tuple[float, float], outer: tuple[float, float]) -> NDArray[np.bool_]:
        """Ink between two ellipses given by their semi-axes."""

        def value(axes: tuple[float, float]) -> NDArray[np.float64]:
            return np.asarray((self.x / axes[0]) ** 2 + (self.y / axes[1]) ** 2)

        return self.ink & (value(inner) > 1) & (value(outer) < 1)


def measure(spec: ImprintSpec, dpi: int = 600) -> Measured:
    """Render and lay the ruler on it."""
    alpha = np.asarray(Image.open(io.BytesIO(render_png(spec, dpi))))[..., 3]
    step = 25.4 / dpi
    height, width = alpha.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    return Measured(alpha >= 128, (x + 0.5 - width / 2) * step, (y + 0.5 - height / 2) * step)


def first_run(line: NDArray[np.bool_]) -> int:
    """Length of the run of ink the line starts with."""
    gaps = np.flatnonzero(~line)
    return int(gaps[0]) if gaps.size else int(line.size)
