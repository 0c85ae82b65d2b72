"""The rows that other systems export: orders of a hotline, cases of 数字城管."""

from __future__ import annotations

from gridmap.access import Mask
from gridmap.model.kinds import Field, FieldType, Kind, Shape

ORDERS = Kind(
    "orders",
    "order",
    "工单",
    Shape.POINT,
    (
        Field("number", FieldType.CODE, required=True),
        Field("source"),
        Field("group"),  # 大类
        Field("category"),  # 小类, or the only one
        Field("title"),
        Field("description"),
        Field("address"),  # of the matter
        Field("home", mask=Mask.NAME),  # of the caller
        Field("community"),  # as the other system has it: only evidence for the declared datum
        Field("reporter", mask=Mask.NAME),
        Field("phone", FieldType.CODE, mask=Mask.PHONE),
        Field("reported_at", FieldType.DATETIME),
        Field("deadline", FieldType.DATETIME),
        Field("return_until", FieldType.DATETIME),  # 退单时限
        Field("state"),
        Field("closed_at", FieldType.DATETIME),
        Field("building", FieldType.CODE),
        Field("floor", FieldType.INTEGER),
        Field("accuracy", FieldType.NUMBER),
    ),
    key=("number",),
    within_community=True,
    assigned=True,
)
"""An order as a file has it. It has no table: it becomes an incident.

Names of its columns: `data/lookups/intake_columns.json`.
"""
