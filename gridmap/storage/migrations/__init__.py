"""Alembic's environment and the revisions; `gridmap.storage.schema` runs them."""
