"""Blocks and what they say to decisions and back, as files are written now: one walk that encoder and decoder share."""

from __future__ import annotations

import numpy as np

from ..pyramid.adaptive import AdaptiveContexts, Coder
from .expected import expect
from .layout_coding import StackCoding, code_map
from .leaves import INSIDE, Leaves, Shape, Stack, grid_of, places_of
from .motion_coding import NOTHING, MotionCoding, wanted_motion
from .transform import SIZES


class MergingCoding(StackCoding):
    """What has been learned about the blocks of the stacks coded so far, whose motion is taken over from others."""

    def __init__(self, expected: bool = True) -> None:
        """expected: with what was learned from other volumes."""
        super().__init__()
        self._motion = MotionCoding()
        for name, contexts in self.contexts().items() if expected else ():
            expect(contexts, name)

    def contexts(self) -> dict[str, AdaptiveContexts]:
        """All of them by name."""
        own = {"splits": self._splits, "kinds": self._kinds, "near": self._near, "letters": self._letters}
        return own | self._motion.contexts() | self._coefficients.contexts()

    def code_stack(
        self, coder: Coder, shape: Shape, alone: np.ndarray, base: np.ndarray, wanted: Stack | None = None
    ) -> tuple[Stack, np.ndarray]:
        """alone: (slices) without other slices to predict from; base: (slices, rows / 4, columns / 4, 2, 2) moves that
        the others suggest. Also gives the motion (slices, rows / 4, columns / 4), packed, `NOTHING` where there is
        none."""
        found, masks = [], self._code_leaves(coder, shape, wanted)
        fours = (shape[0], shape[1] // 4, shape[2] // 4)
        directions, motion = np.full(fours, -1, np.int8), np.full(fours, NOTHING, np.int64)
        for number, (size, mask) in enumerate(zip(SIZES, masks, strict=True)):
            want = None if wanted is None else wanted.leaves[number]
            inside = mask & alone[:, None, None]
            open_blocks = mask & ~alone[:, None, None]
            if open_blocks.any():
                target = None
                if want is not None:
                    target = np.zeros(mask.shape, bool)
                    target[mask] = want.kinds == INSIDE
                inside |= code_map(coder, self._kinds, number * 3, open_blocks, target)
            self._code_directions(coder, number, inside, directions, want)
            slices, rows, columns = places = places_of(mask, size)
            own_inside = inside[mask]
            other = np.flatnonzero(~own_inside)
            kinds = np.full(len(slices), INSIDE, np.int64)
            moves, manner = np.zeros((len(slices), 2, 2), np.int64), np.zeros(len(slices), np.int64)
            if other.size:
                target_motion = None if want is None else wanted_motion(want, other)
                where = tuple(index[other] for index in places)
                kinds[other], moves[other], taken = self._motion.code(
                    coder, number, (where[0], where[1], where[2]), base, motion, target_motion
                )
                manner[other] = 2 - taken
            own = np.maximum(directions[slices, rows // 4, columns // 4].astype(np.int64), 0)
            levels = self._coefficients.code(coder, number, own_inside, None if want is None else want.levels, manner)
            found.append(Leaves(size, slices, rows, columns, kinds, own, moves, levels))
        roots = np.zeros((*grid_of(shape, SIZES[0]), 2, 2), np.int64)
        return Stack(shape, tuple(found), roots), motion
