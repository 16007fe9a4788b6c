"""Common values and differences: how many targets share one short table.

The first target of a system is the reference.  Then each layer, broadest first, says what its
members have otherwise than what was said of them so far; what remains stands under a target's own
name.  ``None`` says that a name does not exist there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeVar

from .targets import Target

Value = TypeVar("Value")


def order(targets: Sequence[Target]) -> list[str]:
    """The layers of these targets, as they are to be applied."""
    first: dict[str, int] = {}
    for target in targets:
        for depth, layer in enumerate(target.layers):
            first[layer] = max(depth, first.get(layer, 0))
    return sorted(first, key=lambda layer: first[layer])


def merge(
    tables: Mapping[Target, Mapping[str, Value]],
) -> tuple[dict[str, Value], dict[str, dict[str, Value | None]]]:
    """Split tables into (the reference's, {layer or target name: differences})."""
    targets = list(tables)
    reference = dict(tables[targets[0]])
    names = sorted(set().union(*tables.values()))
    said: dict[Target, dict[str, Value | None]] = {t: {**reference} for t in targets}
    differences: dict[str, dict[str, Value | None]] = {}
    for layer in [*order(targets), *(target.name for target in targets)]:
        members = [t for t in targets if layer in t.layers or layer == t.name]
        for name in names:
            values = [tables[t].get(name) for t in members]
            value = Counter(values).most_common(1)[0][0]
            wrong = sum(said[t].get(name) != tables[t].get(name) for t in members)
            left = sum(other != value for other in values)
            # What only most members share is worth a line if it spares at least two others.
            if wrong - left >= (2 if left else 1):
                differences.setdefault(layer, {})[name] = value
                for t in members:
                    said[t][name] = value
    return reference, differences
