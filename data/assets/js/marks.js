// Households, shops, incidents ...: one mark per cell of the screen, one symbol per kind.
gridmap.marks = (function () {
  'use strict';

  const SYMBOLS = {
    households: { shape: 'circle', colour: '#1F5FBF' },
    shops: { shape: 'square', colour: '#8A4B08' },
    organisations: { shape: 'diamond', colour: '#6B3FA0' },
    social_organisations: { shape: 'cross', colour: '#1B6E53' },
    party_organisations: { shape: 'star', colour: '#0F6E84' },
    key_places: { shape: 'triangle', colour: '#2D3748' },
    incidents: { shape: 'drop', colour: '#C53030' }
  };
  const CLOSE = 16; // from this zoom on single points are told apart
  const DENSE = 1000000; // cells of which a table is kept
  const SQUARE = 1.4; // pixels of radius
  const MANY = 1000; // from this number on a kind is a texture on the small scales, and its numbers stand at the grids

  const shapes = {
    circle: function (c, x, y, r) {
      c.moveTo(x + r, y);
      c.arc(x, y, r, 0, 2 * Math.PI);
    },
    square: function (c, x, y, r) {
      c.rect(x - 0.88 * r, y - 0.88 * r, 1.76 * r, 1.76 * r);
    },
    diamond: function (c, x, y, r) {
      polygon(c, [[x, y - 1.2 * r], [x + 1.2 * r, y], [x, y + 1.2 * r], [x - 1.2 * r, y]]);
    },
    triangle: function (c, x, y, r) {
      polygon(c, [[x, y - 1.15 * r], [x + 1.1 * r, y + 0.85 * r], [x - 1.1 * r, y + 0.85 * r]]);
    },
    cross: function (c, x, y, r) {
      const a = 0.42 * r, b = 1.1 * r;
      polygon(c, [[x - a, y - b], [x + a, y - b], [x + a, y - a], [x + b, y - a], [x + b, y + a], [x + a, y + a],
        [x + a, y + b], [x - a, y + b], [x - a, y + a], [x - b, y + a], [x - b, y - a], [x - a, y - a]]);
    },
    star: function (c, x, y, r) {
      polygon(c, Array.from({ length: 10 }, function (_, i) {
        const reach = (i % 2 ? 0.62 : 1.4) * r, turn = i * Math.PI / 5;
        return [x + reach * Math.sin(turn), y - reach * Math.cos(turn)];
      }));
    },
    drop: function (c, x, y, r) {
      c.moveTo(x, y + 1.5 * r);
      c.bezierCurveTo(x - 0.5 * r, y + 0.8 * r, x - r, y + 0.5 * r, x - r, y - 0.2 * r);
      c.arc(x, y - 0.2 * r, r, Math.PI, 2 * Math.PI);
      c.bezierCurveTo(x + r, y + 0.5 * r, x + 0.5 * r, y + 0.8 * r, x, y + 1.5 * r);
    }
  };

  function polygon(c, corners) {
    c.moveTo(corners[0][0], corners[0][1]);
    for (const [x, y] of corners.slice(1)) c.lineTo(x, y);
    c.closePath();
  }

  function symbol(context, kind, x, y, radius) {
    const { shape, colour } = SYMBOLS[kind];
    context.beginPath();
    shapes[shape](context, x, y, radius);
    context.fillStyle = colour;
    context.fill();
  }

  function isTexture(layer, zoom) {
    return zoom < CLOSE && layer.count >= MANY;
  }

  function cellSize(layer, zoom) {
    if (zoom < CLOSE) return isTexture(layer, zoom) ? 4 : 10;
    return zoom < 17 ? 25 : zoom < 18 ? 20 : 13;
  }

  // Marks of a layer at a zoom: middle of the points of each cell, how many, and a chain first -> next through them.
  function marksOf(layer, scale, zoom) {
    if (layer.marks && layer.marks.scale === scale) return layer.marks;
    const { x, y } = layer;
    const size = cellSize(layer, zoom);
    let west = Infinity, north = Infinity, east = -Infinity, south = -Infinity;
    for (let i = 0; i < x.length; i++) {
      west = Math.min(west, x[i]);
      east = Math.max(east, x[i]);
      north = Math.min(north, y[i]);
      south = Math.max(south, y[i]);
    }
    const across = Math.floor((east - west) * scale / size) + 1, down = Math.floor((south - north) * scale / size) + 1;
    const cells = across * down <= DENSE ? table(across * down) : new Map();
    const next = new Int32Array(x.length).fill(-1);
    const first = [], count = [], sumX = [], sumY = [];
    for (let i = x.length - 1; i >= 0; i--) {
      const key = Math.floor((y[i] - north) * scale / size) * across + Math.floor((x[i] - west) * scale / size);
      let mark = cells.get(key);
      if (mark === undefined) {
        mark = first.length;
        cells.set(key, mark);
        first.push(-1);
        count.push(0);
        sumX.push(0);
        sumY.push(0);
      }
      next[i] = first[mark];
      first[mark] = i;
      count[mark]++;
      sumX[mark] += x[i] - west;
      sumY[mark] += y[i] - north;
    }
    if (zoom >= CLOSE) unite(cells, across, 0.85 * size / scale, { first, next, count, sumX, sumY });
    const kept = first.map((_, m) => m).filter((m) => count[m]);
    layer.marks = {
      scale, next, first: kept.map((m) => first[m]), count: kept.map((m) => count[m]),
      x: Float64Array.from(kept, (m) => west + sumX[m] / count[m]), y: Float64Array.from(kept, (m) => north + sumY[m] / count[m])
    };
    return layer.marks;
  }

  // What a Map does, for keys below a size, several times as fast.
  function table(size) {
    const marks = new Int32Array(size), keys = [];
    return {
      get: (key) => marks[key] ? marks[key] - 1 : undefined,
      set: function (key, mark) {
        marks[key] = mark + 1;
        keys.push(key);
      },
      [Symbol.iterator]: function* () {
        for (const key of keys) yield [key, marks[key] - 1];
      }
    };
  }

  // Marks of neighbouring cells that would lie on each other become one; the one taken in is left with no points.
  function unite(cells, across, near, { first, next, count, sumX, sumY }) {
    for (const [key, mark] of cells) {
      for (const step of [1, across - 1, across, across + 1]) {
        const other = cells.get(key + step);
        if (other === undefined || other === mark || !count[mark] || !count[other]) continue; // one column: itself
        const away = Math.hypot(sumX[mark] / count[mark] - sumX[other] / count[other],
          sumY[mark] / count[mark] - sumY[other] / count[other]);
        if (away >= near) continue;
        let last = first[mark];
        while (next[last] >= 0) last = next[last];
        next[last] = first[other];
        count[mark] += count[other];
        sumX[mark] += sumX[other];
        sumY[mark] += sumY[other];
        count[other] = 0;
      }
    }
  }

  function radius(count, zoom, texture) {
    if (texture) return Math.min(1.9, 0.7 + 0.22 * Math.log2(count)) * Math.max(0.5, Math.min(1, (zoom - 10.5) / 4));
    if (zoom < CLOSE) return Math.min(5, 1.5 + 0.4 * Math.log2(count) + Math.max(0, zoom - 12.5) * 0.75);
    return count === 1 ? 4.6 : 5 + 1.5 * Math.floor(Math.log10(count) + 1);
  }

  function paint(context, view, page) {
    for (const layer of page.points) if (page.shown.has(layer.kind)) paintLayer(context, view, layer);
  }

  function paintLayer(context, view, layer) {
    paintMarks(context, view, layer.kind, marksOf(layer, view.scale, view.zoom), isTexture(layer, view.zoom));
  }

  // marks: { x, y, count } in the unit square
  function paintMarks(context, view, kind, marks, texture) {
    const { shape, colour } = SYMBOLS[kind];
    const single = [], several = [];
    for (let m = 0; m < marks.x.length; m++) {
      const x = marks.x[m] * view.scale - view.left, y = marks.y[m] * view.scale - view.top;
      if (x < -20 || y < -20 || x > view.width + 20 || y > view.height + 20) continue;
      (view.zoom >= CLOSE && marks.count[m] > 1 ? several : single).push([x, y, marks.count[m]]);
    }
    const outline = function (list) {
      context.beginPath();
      for (const [x, y, count] of list) shapes[shape](context, x, y, radius(count, view.zoom, false));
    };
    context.fillStyle = colour;
    if (texture) {
      context.globalAlpha = 0.7;
      dots(context, single.map(([x, y, count]) => [x, y, radius(count, view.zoom, true)]));
      context.globalAlpha = 1;
      return;
    }
    context.lineJoin = 'round';
    outline(single);
    halo(context, view.zoom < CLOSE ? 1.6 : 2.5);
    context.fill();
    if (several.length) paintNumbers(context, several, outline, colour);
  }

  // Thousands of dots of one colour: nobody sees that the smallest are square, which takes a quarter of the time.
  function dots(context, list) {
    context.beginPath();
    for (const [x, y, r] of list) {
      if (r < SQUARE) context.fillRect(x - 0.88 * r, y - 0.88 * r, 1.76 * r, 1.76 * r);
      else shapes.circle(context, x, y, r);
    }
    context.fill();
  }

  function halo(context, width) {
    context.strokeStyle = '#FFFFFF';
    context.lineWidth = width;
    context.stroke();
  }

  // Several points in one place: the symbol is hollow and holds their number.
  function paintNumbers(context, list, outline, colour) {
    outline(list);
    halo(context, 4);
    context.fillStyle = '#FFFFFF';
    context.fill();
    context.strokeStyle = colour;
    context.lineWidth = 1.4;
    context.stroke();
    context.fillStyle = colour;
    context.font = '600 9.5px ' + gridmap.labels.FONT;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    for (const [x, y, count] of list) context.fillText(gridmap.labels.rounded(count), x, y + 0.5);
  }

  // The points under a finger or pointer: { kind, indices } of the nearest mark, or null.
  function hit(page, point, view, reach) {
    if (view.zoom < CLOSE) return null;
    let best = null, least = reach;
    for (const layer of page.points) {
      if (!page.shown.has(layer.kind)) continue;
      const marks = marksOf(layer, view.scale, view.zoom);
      for (let m = 0; m < marks.x.length; m++) {
        const distance = Math.hypot(marks.x[m] * view.scale - point.x, marks.y[m] * view.scale - point.y);
        if (distance < least) {
          least = distance;
          best = { layer, marks, m };
        }
      }
    }
    if (!best) return null;
    const indices = [];
    for (let i = best.marks.first[best.m]; i >= 0; i = best.marks.next[i]) indices.push(i);
    return { kind: best.layer.kind, labels: best.layer.labels, ids: best.layer.ids, indices };
  }

  return { paint, paintMarks, dots, hit, symbol, isTexture, SYMBOLS };
})();
