"""The demonstration sub-district 示范街道."""
