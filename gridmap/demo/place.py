"""The built town: land, compounds, buildings and doors together, with their codes, names and addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridmap.demo import names
from gridmap.demo.buildings import NONE, Buildings, Compounds, buildings, compounds
from gridmap.demo.doors import Doors, doors
from gridmap.demo.land import Land, divide
from gridmap.demo.skeleton import Skeleton, skeleton
from gridmap.demo.streets import streets
from gridmap.demo.town import DISTRICT, SUBDISTRICT, Size, Use, column, on_grid
from gridmap.demo.uses import blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FULL_NAME = f"{DISTRICT}{SUBDISTRICT}"


@dataclass(frozen=True)
class Place:
    """Everything that stands still.

    Parameters
    ----------
    frame : Skeleton
    land : Land
    compounds : Compounds
    buildings : Buildings
    doors : Doors
    compound_code, compound_name : (C,) object array of str
    building_code, building_name : (N,) object array of str
    building_number : (N,) int64
        Number within the compound, from 1; 0 outside compounds.
    """

    frame: Skeleton
    land: Land
    compounds: Compounds
    buildings: Buildings
    doors: Doors
    compound_code: NDArray[np.object_]
    compound_name: NDArray[np.object_]
    building_code: NDArray[np.object_]
    building_name: NDArray[np.object_]
    building_number: NDArray[np.int64]

    def community(self, block: NDArray[np.int64]) -> NDArray[np.object_]:
        """Give the community codes of blocks."""
        return np.array(self.land.communities.code, dtype=object)[self.land.communities.of_block[block]]

    def grid(self, block: NDArray[np.int64]) -> NDArray[np.object_]:
        """Give the grid codes of blocks."""
        return np.array(self.land.grids.code, dtype=object)[self.land.grids.of_block[block]]

    def addresses(self, which: Sequence[int] | NDArray[np.int64]) -> list[str]:
        """Write the standard addresses of buildings: road, number, and within compounds the building."""
        made = []
        for index in which:
            own, home = self.doors.of_building[index], self.buildings.compound[index]
            if home == NONE:
                made.append(FULL_NAME + self.doors.address(own))
            else:
                door = self.doors.address(self.doors.of_compound[home])
                made.append(f"{FULL_NAME}{door}{self.compound_name[home]}{self.building_number[index]}栋")
        return made

    def street_addresses(self, which: NDArray[np.int64]) -> list[str]:
        """Write road and number of buildings that have a door of their own."""
        return [FULL_NAME + self.doors.address(door) for door in self.doors.of_building[which]]

    def within(self, which: NDArray[np.int64], u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
        """Place points in buildings: `u` along and `v` across, each from -0.5 to 0.5, on the 1 mm grid."""
        x, y, angle, length, depth = self.buildings.box[which].T
        along, across = u * length, v * depth
        east = x + along * np.cos(angle) - across * np.sin(angle)
        north = y + along * np.sin(angle) + across * np.cos(angle)
        return on_grid(np.column_stack((east, north)))


def _sequence(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the members of each group from 1, in their order."""
    order = np.argsort(group, kind="stable")
    ranked = group[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1])) if len(group) else np.empty(0, dtype=np.int64)
    counts = np.diff(np.append(starts, len(group)))
    number = np.empty(len(group), dtype=np.int64)
    number[order] = np.arange(len(group)) - np.repeat(starts, counts) + 1
    return number


def _building_names(made: Buildings, land: Land, compound_name: NDArray[np.object_]) -> list[str]:
    number = _sequence(made.compound)
    in_block = _sequence(made.block)
    words = []
    for index, home in enumerate(made.compound.tolist()):
        if home != NONE:
            words.append(f"{compound_name[home]}{number[index]}栋")
            continue
        block = int(made.block[index])
        site = land.blocks.site[block]
        named = land.blocks.use[block] == Use.DEDICATED and site >= 0
        words.append(f"{land.blocks.sites[site].name}{in_block[index]}号楼" if named else "")
    return words


def build_place(rng: np.random.Generator, size: Size) -> Place:
    """Build the town: network, land, compounds, buildings, doors."""
    frame = skeleton(rng, size)
    parts = blocks(rng, size, frame, [*frame.ways, *streets(rng, frame)])
    land = divide(parts, size)
    homes = compounds(rng, parts, size)
    made = buildings(rng, parts, homes, size)
    home_of_block = land.communities.of_block
    compound_name = column(names.compound_names(rng, len(homes.shape)))
    codes = np.array(land.communities.code, dtype=object)
    compound_code = column(
        f"{codes[c]}C{number:03d}"
        for c, number in zip(home_of_block[homes.block], _sequence(home_of_block[homes.block]), strict=True)
    )
    building_code = column(
        f"{codes[c]}B{number:04d}"
        for c, number in zip(home_of_block[made.block], _sequence(home_of_block[made.block]), strict=True)
    )
    return Place(
        frame,
        land,
        homes,
        made,
        doors(parts, homes, made),
        compound_code,
        compound_name,
        building_code,
        column(_building_names(made, land, compound_name)),
        np.where(made.compound == NONE, 0, _sequence(made.compound)),
    )
