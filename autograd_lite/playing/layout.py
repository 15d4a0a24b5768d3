"""Where boxes and arrows stand: in layers from the data down, a chain of calls as one column.

Layers by the longest way (Sugiyama, Tagawa and Toda 1981, IEEE Transactions on Systems, Man, and
Cybernetics 11): an arrow over several layers goes through a place of its own in each; the order
within a layer is that of the middle of its neighbours; places are then drawn towards them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

GAP, RANK = 26, 46  # between boxes of a layer, between layers
SWEEPS = 12
MAIN = 8  # the weight of an arrow along the data: it is straight, and variables stand beside it


@dataclass(eq=False)
class _Place:
    """A box, or where the arrows of a box pass a layer."""

    layer: int
    width: float
    height: float
    box: object = None
    x: float = 0.0
    above: list = field(default_factory=list)  # pairs (place, weight)
    below: list = field(default_factory=list)
    column: _Column | None = None


@dataclass(eq=False)
class _Column:
    """Calls one after the other, which stand below each other."""

    members: list
    outside: list = field(default_factory=list)  # the other neighbours of its members

    def wanted(self):
        """The middle of all of them."""
        return _mean([*self.members, *self.outside])


def lay_out(boxes, arrows):
    """Set x, y of boxes and the points of arrows; returns the width and the height of it all."""
    layer_of = _layers(boxes, arrows)
    places = {b.id: _Place(layer_of[b.id], b.width, b.height, b) for b in boxes}
    passing: dict = {}  # {(id of a box, layer): place}: its arrows go one way as far as they can
    ways = [_way(places, passing, arrow, boxes) for arrow in arrows]
    layers: list[list[_Place]] = [[] for _ in range(max(layer_of.values(), default=-1) + 1)]
    for place in [*places.values(), *passing.values()]:
        layers[place.layer].append(place)
    _order(layers)
    _align(layers, _columns(layers))
    left = min(p.x - p.width / 2 for layer in layers for p in layer)
    for layer in layers:
        for place in layer:
            place.x -= left
    return _set(layers, arrows, ways)


def _layers(boxes, arrows):
    """{id: layer}: below all that it is made of; a variable just above its first use."""
    above = {box.id: [] for box in boxes}
    below = {box.id: [] for box in boxes}
    for arrow in arrows:
        above[arrow.target].append(arrow.source)
        below[arrow.source].append(arrow.target)
    layer: dict = {}
    for box in boxes:  # oldest first
        layer[box.id] = 1 + max((layer[i] for i in above[box.id]), default=-1)
    for box in reversed(boxes):
        if not above[box.id] and below[box.id]:
            layer[box.id] = min(layer[i] for i in below[box.id]) - 1
    return layer


def _way(places, passing, arrow, boxes):
    """The places that an arrow goes through, linked."""
    source, target = places[arrow.source], places[arrow.target]
    way = [source]
    weight = MAIN if boxes[arrow.source].op is not None else 1
    for layer in range(source.layer + 1, target.layer):
        key = arrow.source, layer
        is_new = key not in passing
        place = passing.setdefault(key, _Place(layer, 8, 0))
        if is_new:
            _link(way[-1], place, weight)
        way.append(place)
    _link(way[-1], target, weight)
    return [*way, target]


def _link(one, two, weight):
    one.below.append((two, weight))
    two.above.append((one, weight))


def _order(layers):
    """The order in each layer: by the middle of the neighbours, down and up in turn."""
    for layer in layers:
        layer.sort(key=lambda p: p.box is not None and p.box.op is None)  # calls first
    at = {place: i for layer in layers for i, place in enumerate(layer)}
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        for layer in layers if downwards else layers[::-1]:
            middles = {}
            for place in layer:
                links = (place.above if downwards else place.below) or [(place, 1)]
                total = sum(weight for _, weight in links)
                middles[place] = sum(at[p] * weight for p, weight in links) / total
            layer.sort(key=middles.__getitem__)
            at.update({place: i for i, place in enumerate(layer)})


def _columns(layers):
    """The straight chains of calls; each place of one knows it."""
    columns = []
    for layer in layers:
        for place in layer:
            before = [p for p, weight in place.above if weight == MAIN]
            if len(before) != 1 or sum(w == MAIN for _, w in before[0].below) != 1:
                continue
            if before[0].column is None:
                before[0].column = _Column([before[0]])
                columns.append(before[0].column)
            place.column = before[0].column
            place.column.members.append(place)
    for column in columns:
        for member in column.members:
            links = [p for p, weight in member.above + member.below if weight == MAIN]
            column.outside += [p for p in links if p.column is not column]
    return columns


def _align(layers, columns):
    """Places as near to their neighbours as the order allows; calls follow calls alone."""
    for layer in layers:
        x = 0.0
        for place in layer:
            place.x = x + place.width / 2
            x += place.width + GAP
    for sweep in range(2 * SWEEPS):
        middle = {column: column.wanted() for column in columns}
        for layer in layers if sweep % 2 == 0 else layers[::-1]:
            wanted = {p: middle[p.column] if p.column else _middle_x(p) for p in layer}
            _spread(layer, wanted)


def _middle_x(place):
    """The middle of the neighbours with the heaviest arrows."""
    links = place.above + place.below
    most = max((weight for _, weight in links), default=0)
    return _mean([p for p, weight in links if weight == most] or [place])


def _mean(places):
    return sum(place.x for place in places) / len(places)


def _spread(layer, wanted):
    """The nearest places to the wanted ones that do not overlap: neighbours that do are joined.

    The pool of adjacent violators, of the middles without the room that is taken on the left.
    """
    groups: list = []  # [sum of weighted wishes, weight, members]
    room, rooms = 0.0, {}
    for place in layer:
        rooms[place] = room + place.width / 2
        room += place.width + GAP
        weight = sum(weight**3 for _, weight in place.above + place.below) or 1
        groups.append([(wanted[place] - rooms[place]) * weight, weight, [place]])
        while len(groups) > 1 and groups[-2][0] / groups[-2][1] > groups[-1][0] / groups[-1][1]:
            last = groups.pop()
            groups[-1] = [a + b for a, b in zip(groups[-1], last)]
    for total, weight, members in groups:
        for place in members:
            place.x = total / weight + rooms[place]


def _set(layers, arrows, ways):
    y = 0.0
    tops = []
    for layer in layers:
        tops.append(y)
        y += max(p.height for p in layer) + RANK
    heights = [max(p.height for p in layer) for layer in layers]
    for layer in layers:
        for place in layer:
            if place.box is not None:
                place.box.x = round(place.x, 1)
                middle = tops[place.layer] + (heights[place.layer] - place.height) / 2
                place.box.y = round(middle, 1)
    for arrow, way in zip(arrows, ways, strict=True):
        source, target = way[0].box, way[-1].box
        shift = _entry(way)
        points = [[source.x, source.y + source.height]]
        for place in way[1:-1]:
            top = tops[place.layer]
            points += [[place.x, top], [place.x, top + heights[place.layer]]]
        points.append([target.x + shift, target.y])
        arrow.points = [[round(x, 1), round(y, 1)] for x, y in points]
    right = max(p.x + p.width / 2 for layer in layers for p in layer)
    return round(right, 1), round(y - RANK, 1)


def _entry(way):
    """How far from the middle of a box an arrow enters it: several enter side by side.

    An arrow that comes straight from above enters in the middle.
    """
    target, last = way[-1], way[-2]
    links = sorted(p.x for p, _ in target.above)
    if len(links) < 2 or abs(last.x - target.x) < 1:
        return 0.0
    straight = [i for i, x in enumerate(links) if abs(x - target.x) < 1]
    middle = straight[0] if straight else (len(links) - 1) / 2
    step = min(24.0, target.width / (len(links) + 1))
    return (links.index(last.x) - middle) * step
