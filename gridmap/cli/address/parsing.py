"""`gridmap address parse` reads one address per line into its fields."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import IO, Any

import click

from gridmap.address.labels import labelled_spans
from gridmap.address.normalise import normalise
from gridmap.address.parse import parse


@click.command("parse")
@click.argument("file", type=click.File("rb"), metavar="FILE")
@click.option("--labels", is_flag=True, help="Spans of the 21 labels in common use, covering the whole line.")
@click.option("--readings", type=click.IntRange(1, 20), default=1, show_default=True, help="How many readings of each.")
def command(file: IO[bytes], labels: bool, readings: int) -> None:
    """Read the addresses in FILE (- for standard input), one per line; print one JSON line for each.

    Spans are [start, end, label], half open, in characters of the line as it stands.

    \b
    Examples:
      gridmap address parse addresses.txt
      gridmap address parse --readings 3 addresses.txt
      echo 解放路12号阳光花园3栋2单元501 | gridmap address parse --labels -
    """
    if labels and readings != 1:
        raise click.UsageError("--labels prints the best reading only: leave --readings out")
    for number, line in enumerate(file):  # of bytes: a lone CR does not end one
        text = line.rstrip(b"\r\n").decode("utf-8-sig" if number == 0 else "utf-8", errors="replace")
        found = parse(normalise(text), k=readings)
        answer: dict[str, Any] = {"text": text}
        if labels:
            answer["spans"] = labelled_spans(text, found[0].fields)
        else:
            answer["readings"] = [asdict(reading) for reading in found]
        click.echo(json.dumps(answer, ensure_ascii=False))
