"""Where lesions grow: the arrays of one image, worked on in small boxes around each lesion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import gammainc

from calcimetry.blur import shown_share
from calcimetry.lesions.region import Growth, Region, StoppingRule, grow_region
from calcimetry.model.geometry import Grid
from calcimetry.regions import (
    distance_to,
    longest_step_mm,
    reaches_border,
    sample_size,
    steps_mm,
)

BoolArray = NDArray[np.bool_]
#: An axis of a lesion shorter than so many times the blur is hidden by it.
_HIDDEN = 2.5
#: The part of an image's arrays that one lesion needs.
Box = tuple[slice, slice, slice]

#: No deposit is denser than about 1200 mg/cm3 of hydroxyapatite, which shows this.
_BRIGHTEST_HU = 2200.0


def hidden_share(spread: float, sigma_mm: float, half_axes_mm: NDArray[np.float64]) -> float:
    """Part of its brightness that a blurred ellipsoid shows at its peak.

    Parameters
    ----------
    spread : float
        Whole signal divided by its peak, mm3.
    sigma_mm : float
        Standard deviation of the Gaussian blur.
    half_axes_mm : array of float, shape (3,)
        Those that are hidden by the blur are solved for together, as one length; with all
        of them hidden this is `calcimetry.blur.shown_share` of a ball.

    Returns
    -------
    float
        0 to 1.

    Notes
    -----
    The peak is the probability that a normal deviate falls within the body: the mean over
    directions u of ``P(3 / 2, r(u)**2 / (2 sigma**2))``, P being the regularised incomplete gamma
    function and r the body's radius along u. The spread is the body's size divided by it.

    Examples
    --------
    Blur of 0.4 mm hides how thick a plate of 6 mm is; taken for a ball it would show more.

    >>> round(hidden_share(22.0, 0.4, np.array([0.3, 3.0, 3.0])), 2)
    0.64
    >>> round(hidden_share(22.0, 0.4, np.array([0.3, 0.3, 0.3])), 2)
    1.0
    """
    hidden = half_axes_mm < _HIDDEN * sigma_mm
    if hidden.all() or not hidden.any():
        return shown_share(spread, sigma_mm, 3)
    lengths = np.geomspace(0.2, 2.0 * _HIDDEN, 60) * sigma_mm
    axes = np.where(hidden, lengths[:, None], half_axes_mm)
    radius = 1.0 / np.sqrt((_directions()[:, None, :] ** 2 / axes**2).sum(axis=-1))
    share = gammainc(1.5, radius**2 / (2.0 * sigma_mm**2)).mean(axis=0)
    return float(np.interp(spread, 4.0 / 3.0 * np.pi * axes.prod(axis=1) / share, share))


def _directions() -> NDArray[np.float64]:
    """Unit vectors evenly over the sphere (Fibonacci's spiral)."""
    step = np.arange(400) + 0.5
    height, angle = 1.0 - step / 200, np.pi * (1.0 + np.sqrt(5.0)) * step
    across = np.sqrt(1.0 - height**2)
    return np.stack([across * np.cos(angle), across * np.sin(angle), height], axis=1)


@dataclass(frozen=True, eq=False, slots=True)
class Ground:
    """Arrays of the grid's shape; `labels` and `fraction` fill up as lesions are taken.

    Parameters
    ----------
    excess : array of float32
        HU that neither bone nor soft tissue explains.
    bone : array of bool
        No lesion's blurred border reaches into it.
    grid : Grid
        Its box and arrays of one slice are a picture, and are worked on in the plane.
    blur_sigma_mm, rim_mm : float
        Blur, and how far from bone its border may still be seen.
    labels : array of int32
        Number of the lesion that took a sample, 0 where it is free.
    fraction : array of float32
        Part of each sample that lesion mineral fills.
    """

    excess: NDArray[np.float32]
    bone: BoolArray
    grid: Grid
    blur_sigma_mm: float
    rim_mm: float
    labels: NDArray[np.int32]
    fraction: NDArray[np.float32]

    @property
    def border_mm(self) -> float:
        """How far blur draws a lesion's border out: two standard deviations, or one sample."""
        return max(2.0 * self.blur_sigma_mm, longest_step_mm(self.grid)) + 1e-9

    def grow(
        self,
        seeds: NDArray[np.int32],
        number: int,
        start: Box,
        signal: NDArray[np.float32],
        growth: Growth,
        rule: StoppingRule,
    ) -> tuple[Box, Region]:
        """Grow one seed over the free samples (`calcimetry.lesions.region.grow_region`).

        Parameters
        ----------
        seeds : array of int32, shape of the grid
        number : int
            Which of the seeds.
        start : Box
            The smallest box around that seed.
        signal : array of float32, shape of the grid
        growth : Growth
        rule : callable

        Returns
        -------
        box : Box
            With room around the lesion for all that lies near enough to matter to it.
        region : Region
            Of the box's shape, as growing in the whole array would give it.
        """
        reach_mm = max(self.border_mm, self.rim_mm)
        reach = np.ceil(reach_mm / np.array(self.grid.spacing)).astype(int) + 1
        room = reach
        while True:
            box = self.wider(start, room)
            free = self.labels[box] == 0
            region = grow_region(signal[box], seeds[box] == number, free, growth, rule)
            needed = self.wider(self.extent(box, region.mask), reach)
            if all(
                have.start <= want.start and want.stop <= have.stop
                for have, want in zip(box, needed, strict=True)
            ):
                return box, region
            room = 2 * room

    @property
    def core_samples(self) -> tuple[int, ...]:
        """How deep a lesion's core begins, in samples along each axis: the blur, or one."""
        return tuple(
            max(1, round(self.blur_sigma_mm / step)) if np.isfinite(step) else 0
            for step in steps_mm(self.grid)
        )

    def extent(self, box: Box, grown: BoolArray) -> Box:
        """The smallest box around a lesion's samples; `box` itself where there are none."""
        found = ndimage.find_objects(grown.astype(np.uint8))
        if not found:
            return box
        first, second, third = (
            slice(part.start + inner.start, part.start + inner.stop)
            for part, inner in zip(box, found[0], strict=True)
        )
        return first, second, third

    def wider(self, box: Box, room: NDArray[np.int_]) -> Box:
        """A box with so many samples more on every side, as far as the image goes."""
        first, second, third = (
            slice(max(part.start - int(more), 0), min(part.stop + int(more), size))
            for part, more, size in zip(box, room, self.grid.shape, strict=True)
        )
        return first, second, third

    def border(self, box: Box, grown: BoolArray) -> BoolArray:
        """Free samples outside a lesion that its blur reaches, shape of the box."""
        border: BoolArray = (self.labels[box] == 0) & ~self.bone[box] & ~grown
        border[border] = distance_to(grown, self.grid, border, self.border_mm) <= self.border_mm
        return border

    def own_brightness(self, box: Box, grown: BoolArray, shown_hu: float) -> float:
        """HU that a lesion would show over soft tissue if it were not blurred."""
        excess = self.excess[box]
        whole = grown | self.border(box, grown)
        spread = float(excess[whole].sum() / excess[grown].max()) * sample_size(self.grid)
        # In pictures a strip is taken for a disc: what it lacks in depth makes up for it.
        if self.grid.shape[0] == 1:
            share = shown_share(spread, self.blur_sigma_mm, 2)
        else:
            share = hidden_share(spread, self.blur_sigma_mm, self._half_axes_mm(box, whole))
        return max(shown_hu, min(shown_hu / share, _BRIGHTEST_HU))

    def _half_axes_mm(self, box: Box, whole: BoolArray) -> NDArray[np.float64]:
        """Half axes of the ellipsoid with a lesion's second moments, less those of the blur."""
        place = np.argwhere(whole) @ self.grid.affine[:3, :3].T
        weight = self.excess[box][whole].astype(np.float64)
        weight /= weight.sum()
        away = place - weight @ place
        moments = np.linalg.eigvalsh((weight[:, None] * away).T @ away)
        squares = 5.0 * (moments - self.blur_sigma_mm**2)
        return np.asarray(np.sqrt(np.maximum(squares, 0.0)))

    def is_cut(self, box: Box, grown: BoolArray) -> bool:
        """Whether a lesion reaches the image's border."""
        return reaches_border(self.extent(box, grown), self.grid.shape)

    def take(self, box: Box, grown: BoolArray, share: NDArray[np.float32]) -> None:
        """Make a lesion of `grown`, its mineral `share` reaching into its blurred border."""
        border = self.border(box, grown)
        labels, fraction = self.labels[box], self.fraction[box]
        labels[grown] = self.labels.max() + 1
        fraction[grown] = share[grown]
        fraction[border] = np.maximum(fraction, share)[border]
