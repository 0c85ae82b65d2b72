"""Files from outside, in and out: the only place that knows pyogrio and openpyxl.

Importing this package loads none of them; they are loaded by the functions that need them.

Records of a kind: `open_source` reads, `write_rows` writes, `write_refusals` returns what was refused,
`write_template` gives an empty sheet. Layers without a kind: `gridmap.files.layers` (`read_layer`, `write_layer`),
not imported here because it needs GDAL.
"""

from gridmap.files.export import write_refusals, write_rows, write_template
from gridmap.files.formats import Format
from gridmap.files.records import Refusal, Row
from gridmap.files.source import Chunk, Source, open_source
from gridmap.files.vocabulary import label, labels

__all__ = [
    "Chunk",
    "Format",
    "Refusal",
    "Row",
    "Source",
    "label",
    "labels",
    "open_source",
    "write_refusals",
    "write_rows",
    "write_template",
]
