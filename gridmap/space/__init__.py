"""Pure geometry in the plane, on arrays."""
