// Shapes in the unit square of Web Mercator: one multiplication away from any zoom.
gridmap.geometry = (function () {
  'use strict';

  function worldX(lon) {
    return lon / 360 + 0.5;
  }

  function worldY(lat) {
    return 0.5 - Math.log(Math.tan(Math.PI / 4 + lat * Math.PI / 360)) / (2 * Math.PI);
  }

  function project(xs, ys, origin, unit) {
    const x = new Float64Array(xs.length);
    const y = new Float64Array(ys.length);
    for (let i = 0; i < xs.length; i++) {
      x[i] = worldX(origin[0] + xs[i] * unit);
      y[i] = worldY(origin[1] + ys[i] * unit);
    }
    return { x, y };
  }

  function starts(sizes) {
    const first = new Int32Array(sizes.length + 1);
    for (let i = 0; i < sizes.length; i++) first[i + 1] = first[i] + sizes[i];
    return first;
  }

  // One kind of shapes: shape i has rings ring[i] .. ring[i + 1], ring r has vertices vertex[r] .. vertex[r + 1].
  function shapes(columns, name, origin, unit) {
    const ring = starts(columns[name + '.rings']);
    const vertex = starts(columns[name + '.sizes']);
    const { x, y } = project(columns[name + '.x'], columns[name + '.y'], origin, unit);
    const count = ring.length - 1;
    const box = new Float64Array(4 * count);
    for (let i = 0; i < count; i++) {
      let west = Infinity, north = Infinity, east = -Infinity, south = -Infinity;
      for (let v = vertex[ring[i]]; v < vertex[ring[i + 1]]; v++) {
        west = Math.min(west, x[v]);
        east = Math.max(east, x[v]);
        north = Math.min(north, y[v]);
        south = Math.max(south, y[v]);
      }
      box.set([west, north, east, south], 4 * i);
    }
    return { count, ring, vertex, x, y, box };
  }

  function visible(set, i, view) {
    const { box } = set;
    return box[4 * i + 2] >= view.west && box[4 * i] <= view.east && box[4 * i + 3] >= view.north && box[4 * i + 1] <= view.south;
  }

  // Adds a shape to the current path.
  function trace(context, set, i, view, closed) {
    for (let r = set.ring[i]; r < set.ring[i + 1]; r++) {
      const end = set.vertex[r + 1];
      for (let v = set.vertex[r]; v < end; v++) {
        const x = set.x[v] * view.scale - view.left;
        const y = set.y[v] * view.scale - view.top;
        if (v === set.vertex[r]) context.moveTo(x, y);
        else context.lineTo(x, y);
      }
      if (closed) context.closePath();
    }
  }

  // Even-odd rule over all rings: holes and parts need no special care.
  function contains(set, i, x, y) {
    const { box } = set;
    if (x < box[4 * i] || x > box[4 * i + 2] || y < box[4 * i + 1] || y > box[4 * i + 3]) return false;
    let inside = false;
    for (let r = set.ring[i]; r < set.ring[i + 1]; r++) {
      const end = set.vertex[r + 1];
      for (let v = set.vertex[r], w = end - 1; v < end; w = v++) {
        if ((set.y[v] > y) !== (set.y[w] > y) &&
            x < (set.x[w] - set.x[v]) * (y - set.y[v]) / (set.y[w] - set.y[v]) + set.x[v]) inside = !inside;
      }
    }
    return inside;
  }

  function latLng(x, y) {
    return L.latLng(360 / Math.PI * Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) - 90, (x - 0.5) * 360);
  }

  function bounds(set, i) {
    const { box } = set;
    return L.latLngBounds(latLng(box[4 * i], box[4 * i + 3]), latLng(box[4 * i + 2], box[4 * i + 1]));
  }

  // The rings of a shape as Leaflet wants them.
  function latLngs(set, i) {
    const rings = [];
    for (let r = set.ring[i]; r < set.ring[i + 1]; r++) {
      const line = [];
      for (let v = set.vertex[r]; v < set.vertex[r + 1]; v++) line.push(latLng(set.x[v], set.y[v]));
      rings.push(line);
    }
    return rings;
  }

  return { worldX, worldY, project, shapes, visible, trace, contains, bounds, latLng, latLngs };
})();
