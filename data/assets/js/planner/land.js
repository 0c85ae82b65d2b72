// The grids and blocks of a draft as the page draws them. Shapes come from the server and never go back to it.
gridmap.draft = (function () {
  'use strict';

  const { worldX, worldY, contains } = gridmap.geometry;
  const LOOKS = 14; // points across a shape where its label may stand

  // One GeoJSON geometry as geometry.js has shapes, a set of one.
  function setOf(geometry) {
    const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
    const vertex = [0], xs = [], ys = [];
    let west = Infinity, north = Infinity, east = -Infinity, south = -Infinity;
    for (const ring of polygons.flat()) {
      for (const [lon, lat] of ring.slice(0, -1)) {
        const x = worldX(lon), y = worldY(lat);
        xs.push(x);
        ys.push(y);
        west = Math.min(west, x);
        east = Math.max(east, x);
        north = Math.min(north, y);
        south = Math.max(south, y);
      }
      vertex.push(xs.length);
    }
    return { count: 1, ring: Int32Array.of(0, vertex.length - 1), vertex: Int32Array.from(vertex), x: Float64Array.from(xs),
      y: Float64Array.from(ys), box: Float64Array.of(west, north, east, south) };
  }

  function clearance(set, x, y) {
    let least = Infinity;
    for (let r = 0; r < set.vertex.length - 1; r++) {
      const first = set.vertex[r], end = set.vertex[r + 1];
      for (let v = first, w = end - 1; v < end; w = v++) {
        const dx = set.x[w] - set.x[v], dy = set.y[w] - set.y[v];
        const along = dx || dy ? Math.max(0, Math.min(1, ((x - set.x[v]) * dx + (y - set.y[v]) * dy) / (dx * dx + dy * dy))) : 0;
        least = Math.min(least, (x - set.x[v] - along * dx) ** 2 + (y - set.y[v] - along * dy) ** 2);
      }
    }
    return Math.sqrt(least);
  }

  // The place farthest from the border, to the fineness of a label.
  function middle(set) {
    const [west, north, east, south] = set.box;
    let best = { x: (west + east) / 2, y: (north + south) / 2, room: 0 };
    for (let i = 1; i < LOOKS; i++) {
      for (let j = 1; j < LOOKS; j++) {
        const x = west + (east - west) * i / LOOKS, y = north + (south - north) * j / LOOKS;
        if (!contains(set, 0, x, y)) continue;
        const room = clearance(set, x, y);
        if (room > best.room) best = { x, y, room };
      }
    }
    return best;
  }

  function gridOf(feature) {
    const set = setOf(feature.geometry);
    const { numbers } = feature.properties;
    return { ...feature.properties, id: feature.id, set, label: middle(set), deviation: numbers.deviation };
  }

  function make() {
    const draft = { grids: new Map(), blocks: new Map(), revision: null, numbers: null };

    draft.setGrids = function (features) {
      draft.grids = new Map(features.map((feature) => [feature.id, gridOf(feature)]));
    };
    // What some grids have now; their blocks from before are gone, or among these.
    draft.changeBlocks = function (grids, features) {
      for (const block of draft.blocks.values()) if (grids.includes(block.grid)) draft.blocks.delete(block.id);
      for (const { id, geometry, properties } of features) {
        draft.blocks.set(id, { id, grid: properties.grid, set: setOf(geometry) });
      }
    };
    draft.setBlocks = function (features) {
      draft.blocks.clear();
      draft.changeBlocks([], features);
    };
    draft.change = function (changed, removed) {
      for (const id of removed) draft.grids.delete(id);
      for (const feature of changed) draft.grids.set(feature.id, gridOf(feature));
    };
    draft.at = function (kind, latlng) {
      const x = worldX(latlng.lng), y = worldY(latlng.lat);
      for (const each of draft[kind].values()) if (contains(each.set, 0, x, y)) return each;
      return null;
    };
    draft.sorted = () => Array.from(draft.grids.values()).sort((a, b) => (a.code < b.code ? -1 : 1));
    return draft;
  }

  return { make, setOf };
})();
