// Households, shops, incidents … from tiles: counts per cell on small scales, single records close up.
gridmap.points = (function () {
  'use strict';

  const KINDS = ['households', 'shops', 'organisations', 'social_organisations', 'party_organisations', 'key_places',
    'incidents'];
  const CLOSE = 16; // from this zoom on tiles hold single records
  const MANY = 1000; // a kind of so many is a texture on small scales, its numbers stand at the grids

  const DENSE = ['households', 'shops']; // drawn by finer cells, which cost more tiles

  function tileZoom(view, kind) {
    if (view.zoom >= CLOSE) return Math.floor(view.zoom);
    return Math.min(CLOSE - 1, gridmap.tiles.baseZoom(view) + (DENSE.includes(kind) ? 1 : 0));
  }

  // Puts what the tiles hold into the page's layers: single records to be gathered by marks.js, and cells.
  function collect(page, store, view) {
    for (const layer of page.points) {
      if (!page.shown.has(layer.kind)) continue;
      const tiles = store.of(layer.kind, view, tileZoom(view, layer.kind), { fallback: false });
      const stamp = tiles.map((tile) => tile.key + stampOf(tile.data)).join(' ');
      if (layer.stamp === stamp) continue;
      layer.stamp = stamp;
      layer.marks = null;
      const seen = new Set(), singles = [], cells = [];
      for (const { data } of tiles) {
        for (const place of data.places) {
          if (place.count) cells.push(place);
          else if (!seen.has(place.id)) {
            seen.add(place.id);
            singles.push(place);
          }
        }
      }
      layer.ids = singles.map((place) => place.id);
      layer.x = Float64Array.from(singles, (place) => place.x);
      layer.y = Float64Array.from(singles, (place) => place.y);
      layer.cells = { x: cells.map((place) => place.x), y: cells.map((place) => place.y), count: cells.map((place) => place.count) };
    }
  }
  let stamps = 0;

  function stampOf(data) {
    if (!data.stamp) data.stamp = ++stamps;
    return data.stamp;
  }

  function paint(context, view, page) {
    for (const layer of page.points) {
      if (!page.shown.has(layer.kind)) continue;
      if (layer.cells.count.length && view.zoom < CLOSE && layer.count >= MANY) paintDensity(context, view, layer);
      else if (layer.cells.count.length) gridmap.marks.paintMarks(context, view, layer.kind, layer.cells, false);
    }
    gridmap.marks.paint(context, view, { ...page, points: page.points.filter((layer) => layer.x.length) });
  }

  // Many records on a small scale: a texture of dots, each with an area by the number in its cell. They are kept small,
  // since names stand on them.
  function paintDensity(context, view, layer) {
    const { colour } = gridmap.marks.SYMBOLS[layer.kind];
    const small = Math.max(0.5, Math.min(1, (view.zoom - 10.5) / 3.5));
    const { x, y, count } = layer.cells;
    const list = [];
    for (let i = 0; i < count.length; i++) {
      const px = x[i] * view.scale - view.left, py = y[i] * view.scale - view.top;
      if (px < -4 || py < -4 || px > view.width + 4 || py > view.height + 4) continue;
      list.push([px, py, Math.max(0.8, Math.min(2.1, 0.38 * Math.sqrt(count[i]))) * small]);
    }
    context.fillStyle = colour;
    context.globalAlpha = 0.5;
    gridmap.marks.dots(context, list);
    context.globalAlpha = 1;
  }

  function layers() {
    const none = () => ({ x: [], y: [], count: [] });
    return KINDS.map((kind) => ({ kind, count: 0, ids: [], x: new Float64Array(0), y: new Float64Array(0), cells: none() }));
  }

  return { KINDS, layers, collect, paint };
})();
