"""Orders of things that need each other: what comes first, and which go round in a circle."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from graphlib import CycleError, TopologicalSorter


def topological(graph: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """The names of a graph without cycles, each after those that it needs, always in the same order.

    Needs that are no names of the graph are left out.

    >>> topological({"ratio": ["sum", "count"], "sum": [], "count": []})
    ('count', 'sum', 'ratio')
    """
    sorter: TopologicalSorter[str] = TopologicalSorter(_sorted(graph))
    try:
        sorter.prepare()
    except CycleError as error:
        raise ValueError(f"a cycle: {' -> '.join(error.args[1])}") from None
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order.extend(ready)
        sorter.done(*ready)
    return tuple(order)


def cycle(graph: Mapping[str, Collection[str]]) -> tuple[str, ...] | None:
    """A shortest cycle, as a path that ends where it begins, or None; of several the first by name.

    >>> cycle({"a": ["b"], "b": ["c", "a"], "c": []})
    ('a', 'b', 'a')
    """
    known = _sorted(graph)
    found: tuple[str, ...] | None = None
    for start in _in_cycles(known):
        path = _way_back(known, start, len(found) if found is not None else None)
        if path is not None:
            found = path
    return found


def _sorted(graph: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    return {name: sorted(need for need in set(graph[name]) if need in graph) for name in sorted(graph)}


def _in_cycles(graph: Mapping[str, list[str]]) -> list[str]:
    """The names that are left when those without needs, or needed by none, are taken out again and again."""
    left = dict(graph)
    while True:
        needed = {need for needs in left.values() for need in needs if need in left}
        stay = {name: needs for name, needs in left.items() if name in needed and any(n in left for n in needs)}
        if len(stay) == len(left):
            return list(stay)
        left = stay


def _way_back(graph: Mapping[str, list[str]], start: str, shorter_than: int | None) -> tuple[str, ...] | None:
    """The shortest way from `start` to itself, breadth first, if it is shorter than `shorter_than`."""
    came_from: dict[str, str] = {}
    front = [start]
    length = 1
    while front and (shorter_than is None or length + 1 < shorter_than):
        following: list[str] = []
        for name in front:
            for need in graph[name]:
                if need == start:
                    return _path(came_from, start, name)
                if need not in came_from:
                    came_from[need] = name
                    following.append(need)
        front = following
        length += 1
    return None


def _path(came_from: Mapping[str, str], start: str, last: str) -> tuple[str, ...]:
    path = [last]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return (*reversed(path), start)
