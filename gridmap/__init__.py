"""gridmap: communities and grids of a Chinese sub-district, stored spatially and shown on one map."""

__version__ = "0.1.0"
