// Where text stands: worked out once per zoom for the whole map, so that nothing jumps while it is moved.
gridmap.labels = (function () {
  'use strict';

  const { contains } = gridmap.geometry;
  const FONT = '"PingFang SC", "HarmonyOS Sans SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
  const INK = '#1F2933', SECONDARY = '#52606D', WATER_INK = '#2F6690', COMPOUND_INK = '#6B5B3E';
  const FULL_NAMES = 16; // from this zoom on grids show their whole name
  const ROAD_NAMES = [14, 15, 16, 17]; // from which zoom on, by class
  const CHINESE = /^[\u3000-\u9FFF\uF900-\uFAFF]+$/;
  const LEGIBLE = 13; // pixels of radius that a middling grid needs before grids are labelled
  const CELL = 64;
  const APART = 320; // pixels between two places where one name stands
  const STEPS = 28; // places across a community that are tried for its name
  const ROWS = 96; // lines across a community on which its extent is known

  const measuring = document.createElement('canvas').getContext('2d');

  const widths = new Map(); // of one pixel of size

  function widthOf(text, size, weight) {
    const key = weight + text;
    let width = widths.get(key);
    if (width === undefined) {
      measuring.font = weight + ' 100px ' + FONT;
      width = measuring.measureText(text).width / 100;
      widths.set(key, width);
    }
    return width * size;
  }

  // Two digits count on a map; the panel has the exact number.
  function rounded(count) {
    if (count < 100) return String(count);
    if (count < 1000) return String(Math.round(count / 10) * 10);
    if (count < 10000) return String(Math.round(count / 100) * 100);
    return (Math.round(count / 1000) / 10) + '万';
  }

  // Boxes that are taken, in buckets.
  function occupancy(buckets = new Map()) {
    function each(box, visit) {
      for (let i = Math.floor(box[0] / CELL); i <= Math.floor(box[2] / CELL); i++) {
        for (let j = Math.floor(box[1] / CELL); j <= Math.floor(box[3] / CELL); j++) {
          if (visit(i * 0x1000000 + j)) return true;
        }
      }
      return false;
    }
    const meet = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
    return {
      fork: () => occupancy(new Map(Array.from(buckets, ([key, boxes]) => [key, boxes.slice()]))),
      add: function (box) {
        each(box, function (key) {
          if (!buckets.has(key)) buckets.set(key, []);
          buckets.get(key).push(box);
        });
      },
      hits: function (box) {
        return each(box, (key) => (buckets.get(key) || []).some((other) => meet(box, other)));
      }
    };
  }

  function around(x, y, width, height) {
    return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
  }

  // --- grids: a block of lines inside the largest circle of the polygon -----------------------------------------

  function textLine(text, size, weight) {
    return { text, size, weight, width: widthOf(text, size, weight), height: size * 1.25 };
  }

  // The numbers of kinds that have too many points to be told apart at this zoom; the others can be seen one by one.
  function countLines(page, grid, zoom) {
    const counts = [];
    for (const layer of page.points) {
      const count = grid.numbers[page.measureIndex[layer.kind]];
      if (count && page.shown.has(layer.kind) && gridmap.marks.isTexture(layer, zoom)) {
        counts.push({ kind: layer.kind, text: rounded(count) });
      }
    }
    return counts.map((one) => ({ ...one, size: 11, width: 11 + widthOf(one.text, 11, 500), height: 13 }));
  }

  function nameBlocks(page, grid, zoom) {
    const short = (size) => [textLine(grid.short, size, 700)];
    if (zoom < FULL_NAMES) return [short(15), short(13), short(11), short(9)];
    const community = page.document.communities[grid.community];
    const head = community && grid.name.startsWith(community.name) ? community.name : '';
    const tail = grid.name.slice(head.length);
    const whole = (size) => [textLine(grid.name, size, 600)];
    const broken = (size) => [textLine(head, size - 2, 500), textLine(tail, size, 600)];
    return head && tail ? [whole(15), broken(15), whole(12), broken(12), short(12), short(9)]
      : [whole(15), whole(12), short(12), short(9)];
  }

  function placeGrids(page, zoom, scale, taken) {
    const placed = [];
    const radii = page.labels.radius.map((metres) => metres * page.metreAtOne * scale);
    const typical = radii.slice().sort((a, b) => a - b)[Math.floor(radii.length / 2)];
    if (typical < LEGIBLE) return placed; // the names of the communities have the map to themselves
    page.document.grids.forEach(function (grid, i) {
      const radius = radii[i];
      const counts = countLines(page, grid, zoom);
      const blocks = nameBlocks(page, grid, zoom);
      const rich = counts.length ? blocks.slice(0, -1).map((lines) => lines.concat(counts)) : [];
      for (const lines of [...rich, ...blocks]) {
        const width = Math.max(...lines.map((line) => line.width));
        const height = lines.reduce((sum, line) => sum + line.height, 0);
        if (Math.hypot(width, height * 0.9) / 2 > radius * 0.9) continue;
        const x = page.labels.x[i] * scale, y = page.labels.y[i] * scale;
        taken.add(around(x, y, width + 4, height + 2));
        placed.push({ x, y, height, lines, reach: width });
        return;
      }
    });
    return placed;
  }

  function paintGrid(context, label, x, y) {
    let top = y - label.height / 2;
    for (const line of label.lines) {
      const middle = top + line.height / 2;
      if (line.kind) paintCount(context, line, x, middle);
      else write(context, line.text, x, middle, line.size, line.weight, INK, 'rgba(255, 255, 255, 0.92)', 4);
      top += line.height;
    }
  }

  function paintCount(context, line, x, y) {
    const left = x - line.width / 2;
    gridmap.marks.symbol(context, line.kind, left + 4, y, 3.2);
    write(context, line.text, left + 10 + (line.width - 11) / 2, y, line.size, 500, INK, 'rgba(255, 255, 255, 0.92)', 3);
  }

  // On whole pixels of the screen: a sign is then made into pixels once, not once for every fraction that it stands on.
  const aligned = (value) => Math.round(value * 2) / 2;

  function write(context, text, atX, atY, size, weight, colour, halo, haloWidth) {
    const x = aligned(atX), y = aligned(atY);
    context.font = weight + ' ' + size + 'px ' + FONT;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.lineJoin = 'round';
    context.lineWidth = haloWidth;
    context.strokeStyle = halo;
    context.strokeText(text, x, y);
    context.fillStyle = colour;
    context.fillText(text, x, y);
  }

  // --- communities: large, light, letter-spaced, where they cover least ------------------------------------------

  function letters(name) {
    return CHINESE.test(name) ? Array.from(name) : [name];
  }

  function communitySize(zoom) {
    return Math.max(14, Math.min(32, 13 + (zoom - 13) * 5));
  }

  function placeCommunity(page, i, scale, zoom, taken) {
    const set = page.communities, name = page.document.communities[i].name;
    if (set.ring[i] === set.ring[i + 1]) return null;
    const [west, north, east, south] = set.box.subarray(4 * i, 4 * i + 4);
    for (let size = communitySize(zoom), spacing = 0.4; size >= 11; size -= 2, spacing = Math.max(0.05, spacing - 0.15)) {
      const signs = letters(name).map((text) => ({ text, width: widthOf(text, size, 300) }));
      const gap = signs.length > 1 ? size * spacing : 0;
      const width = signs.reduce((sum, sign) => sum + sign.width, 0) + gap * (signs.length - 1);
      if (width > (east - west) * scale) continue;
      const spot = bestSpot(set, i, scale, width, size * 1.2, taken);
      if (spot) return { ...spot, size, signs, gap, width, reach: width };
    }
    return squeezed(set, i, scale, name, taken, [west, north, east, south]);
  }

  // Small scales: a small name may reach over the border where nothing else stands.
  function squeezed(set, i, scale, name, taken, [west, north, east, south]) {
    const size = 11, width = widthOf(name, size, 500);
    const x = (west + east) / 2, y = (north + south) / 2;
    if (!contains(set, i, x, y) || width > 1.6 * (east - west) * scale) return null;
    const shift = [0, -12, 12, -24, 24].find((each) => !taken.hits(around(x * scale, y * scale + each, width, size * 1.2)));
    if (shift === undefined) return null;
    return { x: x * scale, y: y * scale + shift, size, signs: [{ text: name, width }], gap: 0, width, reach: width };
  }

  // Where a polygon is on each of ROWS lines across it: from, to, from, to … Made once; whether a text fits inside is then
  // a question to a few lines.
  function crossings(set, i) {
    if (!set.crossings) set.crossings = [];
    if (set.crossings[i]) return set.crossings[i];
    const north = set.box[4 * i + 1], step = (set.box[4 * i + 3] - north) / ROWS;
    const rows = Array.from({ length: ROWS }, () => []);
    for (let r = set.ring[i]; r < set.ring[i + 1]; r++) {
      const end = set.vertex[r + 1];
      for (let v = set.vertex[r], w = end - 1; v < end; w = v++) {
        const low = Math.min(set.y[v], set.y[w]), high = Math.max(set.y[v], set.y[w]);
        for (let row = Math.max(0, Math.ceil((low - north) / step - 0.5)); row < ROWS; row++) {
          const y = north + (row + 0.5) * step;
          if (y >= high) break;
          rows[row].push(set.x[v] + (set.x[w] - set.x[v]) * (y - set.y[v]) / (set.y[w] - set.y[v]));
        }
      }
    }
    for (const row of rows) row.sort((a, b) => a - b);
    set.crossings[i] = { rows, north, step, places: lattice(...set.box.subarray(4 * i, 4 * i + 4)) };
    return set.crossings[i];
  }

  // Places over a box, from the middle outwards.
  function lattice(west, north, east, south) {
    const places = [];
    for (let a = 1; a < STEPS; a++) {
      for (let b = 1; b < STEPS; b++) {
        const x = west + (east - west) * a / STEPS, y = north + (south - north) * b / STEPS;
        places.push({ x, y, away: Math.hypot(x - (west + east) / 2, y - (north + south) / 2) });
      }
    }
    return places.sort((a, b) => a.away - b.away);
  }

  function holds({ rows, north, step }, west, top, east, bottom) {
    const first = Math.round((top - north) / step - 0.5), last = Math.round((bottom - north) / step - 0.5);
    if (first < 0 || last >= ROWS) return false;
    for (let row = first; row <= last; row++) {
      const spans = rows[row];
      let k = 0;
      while (k < spans.length && spans[k + 1] < east) k += 2;
      if (k >= spans.length || spans[k] > west) return false;
    }
    return true;
  }

  // The place nearest to the middle of a community where a name is inside it and on no other label.
  function bestSpot(set, i, scale, width, height, taken) {
    const inside = crossings(set, i);
    for (const place of inside.places) {
      const x = place.x * scale, y = place.y * scale;
      const box = around(x, y, width, height);
      if (holds(inside, box[0] / scale, box[1] / scale, box[2] / scale, box[3] / scale) && !taken.hits(box)) return { x, y };
    }
    return null;
  }

  function paintCommunity(context, label, x, y) {
    let left = x - label.width / 2;
    for (const sign of label.signs) {
      write(context, sign.text, left + sign.width / 2, y, label.size, label.weight, 'rgba(31, 41, 51, 0.76)',
        'rgba(255, 255, 255, 0.72)', 4);
      left += sign.width + label.gap;
    }
  }

  // --- names along lines ------------------------------------------------------------------------------------------

  function lineInPixels(set, ring, scale) {
    const points = [], along = [0];
    for (let v = set.vertex[ring]; v < set.vertex[ring + 1]; v++) points.push([set.x[v] * scale, set.y[v] * scale]);
    for (let p = 1; p < points.length; p++) {
      along.push(along[p - 1] + Math.hypot(points[p][0] - points[p - 1][0], points[p][1] - points[p - 1][1]));
    }
    return { points, along, length: along[along.length - 1] };
  }

  function at(line, distance) {
    let p = 1;
    while (p < line.points.length - 1 && line.along[p] < distance) p++;
    const [x0, y0] = line.points[p - 1], [x1, y1] = line.points[p];
    const share = (distance - line.along[p - 1]) / (line.along[p] - line.along[p - 1] || 1);
    return { x: x0 + (x1 - x0) * share, y: y0 + (y1 - y0) * share, angle: Math.atan2(y1 - y0, x1 - x0) };
  }

  // Signs along a line around a distance, never upside down; null where the line bends too much.
  function signsAlong(line, middle, signs, step, upright) {
    const span = step * (signs.length - 1);
    const from = at(line, middle - span / 2), to = at(line, middle + span / 2);
    const steep = upright && Math.abs(to.y - from.y) > 1.2 * Math.abs(to.x - from.x);
    const forward = steep ? to.y >= from.y : to.x >= from.x;
    const placed = [];
    let last = null;
    for (let k = 0; k < signs.length; k++) {
      const spot = at(line, forward ? middle - span / 2 + k * step : middle + span / 2 - k * step);
      let turn = forward ? spot.angle : spot.angle + Math.PI;
      if (steep) turn -= Math.PI / 2;
      turn = Math.atan2(Math.sin(turn), Math.cos(turn));
      if (last !== null && Math.abs(Math.atan2(Math.sin(turn - last), Math.cos(turn - last))) > 0.45) return null;
      last = turn;
      placed.push({ x: spot.x, y: spot.y, turn, text: signs[k] });
    }
    return placed;
  }

  // others: where the name stands already; once in a while is enough, in however many pieces a road comes.
  function placeAlong(set, i, name, scale, size, taken, style, others) {
    const chinese = CHINESE.test(name);
    const signs = letters(name);
    const step = chinese ? size * 1.25 : 0;
    const room = chinese ? step * signs.length : widthOf(name, size, 500);
    const placed = [];
    for (let r = set.ring[i]; r < set.ring[i + 1]; r++) {
      const line = lineInPixels(set, r, scale);
      const slots = Math.floor(line.length / Math.max(420, room + 60)) || 1;
      if (line.length < room + 16) continue;
      for (let slot = 0; slot < slots; slot++) {
        for (const shift of [0, 0.12, -0.12, 0.24, -0.24]) {
          const middle = line.length * (slot + 0.5 + shift) / slots;
          if (middle - room / 2 < 4 || middle + room / 2 > line.length - 4) continue;
          if (isNear(others, at(line, middle))) continue;
          const spots = signsAlong(line, middle, signs, step, chinese);
          const boxes = spots && spots.map((spot) => around(spot.x, spot.y, chinese ? size + 2 : room, size + 2));
          if (!spots || boxes.some((box) => taken.hits(box))) continue;
          boxes.forEach(taken.add);
          others.push(at(line, middle));
          placed.push({ x: spots[0].x, y: spots[0].y, spots, size, style, reach: room, plate: style === SECONDARY });
          break;
        }
      }
    }
    return placed;
  }

  const isNear = (others, spot) => others.some((other) => Math.hypot(other.x - spot.x, other.y - spot.y) < APART);

  function placeFlat(x, y, name, size, taken, style, others) {
    const width = widthOf(name, size, 500), box = around(x, y, width, size + 2);
    if (isNear(others, { x, y }) || taken.hits(box)) return [];
    others.push({ x, y });
    taken.add(box);
    return [{ x, y, spots: [{ x, y, turn: 0, text: name }], size, style, reach: width }];
  }

  // What lies under the name is covered, as a border along the road would strike it through.
  function paintPlate(context, label, view) {
    const first = label.spots[0], last = label.spots[label.spots.length - 1];
    const turned = label.spots.length > 1;
    const reach = turned ? label.size / 2 : label.reach / 2;
    const angle = turned ? Math.atan2(last.y - first.y, last.x - first.x) : first.turn;
    context.beginPath();
    context.moveTo(first.x - view.left - Math.cos(angle) * reach, first.y - view.top - Math.sin(angle) * reach);
    for (const spot of label.spots.slice(1)) context.lineTo(spot.x - view.left, spot.y - view.top);
    context.lineTo(last.x - view.left + Math.cos(angle) * reach, last.y - view.top + Math.sin(angle) * reach);
    context.lineCap = 'butt';
    context.lineJoin = 'round';
    context.lineWidth = label.size + 3;
    context.strokeStyle = 'rgba(255, 255, 255, 0.85)';
    context.stroke();
  }

  function paintAlong(context, label, view) {
    if (label.plate) paintPlate(context, label, view);
    for (const spot of label.spots) {
      context.save();
      context.translate(spot.x - view.left, spot.y - view.top);
      context.rotate(spot.turn);
      write(context, spot.text, 0, 0, label.size, 500, label.style, 'rgba(255, 255, 255, 0.9)', 3);
      context.restore();
    }
  }

  function placeLines(page, zoom, scale, taken) {
    const placed = [];
    const standing = new Map();
    const others = (name) => standing.get(name) || standing.set(name, []).get(name);
    for (const layer of page.base) {
      if (!layer.names || !page.shown.has(layer.kind) || layer.kind === 'compounds') continue;
      const order = Array.from(layer.names.keys()).filter((i) => layer.names[i]);
      if (layer.classes) order.sort((a, b) => layer.classes[a] - layer.classes[b] || a - b);
      for (const i of order) {
        if (zoom < (layer.classes ? ROAD_NAMES[layer.classes[i]] : 14)) continue;
        const style = layer.kind === 'waters' ? WATER_INK : SECONDARY;
        if (layer.areas && layer.areas[i]) {
          placed.push(...placeFlat(layer.middles.x[i] * scale, layer.middles.y[i] * scale, layer.names[i], 12.5, taken, style,
            others(layer.names[i])));
          continue;
        }
        const size = layer.classes && layer.classes[i] === 0 ? 12.5 : 11.5;
        placed.push(...placeAlong(layer.shapes, i, layer.names[i], scale, size, taken, style, others(layer.names[i])));
      }
    }
    return placed;
  }

  // --- compounds: in the middle, where there is room -------------------------------------------------------------

  // Where names of compounds may stand, and how wide.
  function compoundPlaces(page) {
    const layer = page.base.find((one) => one.kind === 'compounds');
    if (!layer || !layer.names) return [];
    const { box } = layer.shapes;
    return layer.names.map((name, i) => ({ name, room: box[4 * i + 2] - box[4 * i],
      x: (box[4 * i] + box[4 * i + 2]) / 2, y: (box[4 * i + 1] + box[4 * i + 3]) / 2, i }))
      .filter((place) => place.name && contains(layer.shapes, place.i, place.x, place.y));
  }

  function placeCompounds(page, zoom, scale, taken) {
    const placed = [];
    if (!page.shown.has('compounds') || zoom < 16.5) return placed;
    for (const { name, room, x, y } of page.compoundPlaces || compoundPlaces(page)) {
      const width = widthOf(name, 11.5, 500);
      if (width > room * scale) continue;
      for (const shift of [0, -18, 18, -34, 34]) {
        const spot = around(x * scale, y * scale + shift, width, 14);
        if (taken.hits(spot)) continue;
        taken.add(spot);
        placed.push({ x: x * scale, y: y * scale + shift, text: name, reach: width });
        break;
      }
    }
    return placed;
  }

  // --- neighbours: faint, beside the land that the map is about ---------------------------------------------------

  function placeNeighbours(page, zoom, scale, taken) {
    const placed = [];
    if (!page.neighbours || zoom < 13) return placed;
    page.document.neighbours.forEach(function ({ name }, i) {
      const [, head, tail] = /^(.*社区)(.+)$/.exec(name) || [null, name, ''];
      const lines = [head, tail].filter(Boolean);
      const width = Math.max(...lines.map((text) => widthOf(text, 12, 500))), height = lines.length * 15;
      const x = page.neighbours.middles.x[i] * scale, y = page.neighbours.middles.y[i] * scale;
      const box = around(x, y, width + 6, height);
      if (taken.hits(box)) return;
      taken.add(box);
      placed.push({ x, y, lines, width, height, area: i, reach: width });
    });
    return placed;
  }

  // A name that the edge of the view would cut stands a little further in, in its own area and on nothing else, or not at
  // all: half a name is none.
  function withinView(page, view, label, land) {
    const halves = [label.width / 2 + 4, label.height / 2 + 2];
    const x = Math.max(view.left + halves[0], Math.min(view.left + view.width - halves[0], label.x));
    const y = Math.max(view.top + halves[1], Math.min(view.top + view.height - halves[1], label.y));
    if (x === label.x && y === label.y) return label;
    if (Math.abs(x - label.x) > label.width || Math.abs(y - label.y) > 2 * label.height) return null;
    if (!contains(page.neighbours, label.area, x / view.scale, y / view.scale)) return null;
    return land.hits(around(x, y, label.width, label.height)) ? null : { ...label, x, y };
  }

  function paintNeighbour(context, label, x, y) {
    label.lines.forEach(function (text, i) {
      write(context, text, x, y + (i - (label.lines.length - 1) / 2) * 15, 12, 500, SECONDARY, 'rgba(255, 255, 255, 0.85)', 3);
    });
  }

  // The labels of the land stay where they are while tiles come in; names of roads and compounds fit in between.
  function layout(page, view) {
    const key = [view.scale, page.numbersStamp, ...page.shown].join(' ');
    if (!page.layout || page.layout.key !== key) page.layout = layoutLand(page, view, key);
    if (page.layout.tiles !== page.tilesStamp) {
      const taken = page.layout.taken.fork();
      page.layout.lines = placeLines(page, view.zoom, view.scale, taken);
      page.layout.compounds = placeCompounds(page, view.zoom, view.scale, taken);
      page.layout.tiles = page.tilesStamp;
    }
    return page.layout;
  }

  function layoutLand(page, view, key) {
    const taken = occupancy();
    const { zoom, scale } = view;
    const grids = page.shown.has('grids') ? placeGrids(page, zoom, scale, taken) : [];
    const land = taken.fork();
    const neighbours = placeNeighbours(page, zoom, scale, taken);
    const communities = [];
    if (page.shown.has('communities') && zoom < 18 && page.document.communities.length > 1) { // of one, the title tells
      page.document.communities.forEach(function (_, i) {
        const label = placeCommunity(page, i, scale, zoom, taken);
        if (!label) return;
        communities.push({ ...label, weight: grids.length ? 300 : 500 });
        taken.add(around(label.x, label.y, label.width + 2 * label.size, label.size * 1.4)); // apart from the next name
      });
    }
    return { key, taken, land, grids, neighbours, communities, tiles: null };
  }

  function paint(context, view, page) {
    const { grids, land, neighbours, communities, lines, compounds } = layout(page, view);
    const near = (label) => label.x + label.reach > view.left && label.x - label.reach < view.left + view.width &&
      label.y + label.reach > view.top && label.y - label.reach < view.top + view.height;
    for (const label of lines.filter(near)) paintAlong(context, label, view);
    for (const label of compounds.filter(near)) {
      write(context, label.text, label.x - view.left, label.y - view.top, 11.5, 500, COMPOUND_INK,
        'rgba(255, 255, 255, 0.9)', 3);
    }
    for (const label of neighbours.filter(near).map((each) => withinView(page, view, each, land)).filter(Boolean)) {
      paintNeighbour(context, label, label.x - view.left, label.y - view.top);
    }
    for (const label of communities.filter(near)) paintCommunity(context, label, label.x - view.left, label.y - view.top);
    for (const label of grids.filter(near)) paintGrid(context, label, label.x - view.left, label.y - view.top);
  }

  return { paint, rounded, FONT };
})();
