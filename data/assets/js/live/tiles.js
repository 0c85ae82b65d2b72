// Vector tiles from our own server: which are wanted, fetched a few at a time, decoded into the shapes that
// ground.js and marks.js draw. A tile is drawn on the page's canvases, so that no seam and no torn name shows.
gridmap.tiles = (function () {
  'use strict';

  const SIDE = 512; // pixels of a tile of the base map; a quarter of the requests that 256 would take
  const KEPT = 500;
  const AT_ONCE = 6;
  const MOMENT = 90; // milliseconds
  const DEEPEST = 18; // deeper tiles hold no more than these
  const ROAD_CLASSES = { 快速路: 0, 高速公路: 0, 主干路: 0, 主干道: 0, motorway: 0, trunk: 0, primary: 0, 次干路: 1, 次干道: 1,
    secondary: 1, 支路: 2, tertiary: 2, residential: 2, 巷: 3, 巷道: 3, 里弄: 3, 弄: 3, 街巷: 3, 辅路: 3, 小路: 3, 内部道路: 3,
    service: 3, footway: 3 };
  const LEAST_ZOOM = { compounds: 13, buildings: 15, compound_labels: 15, roads: 10, railways: 10 };

  const { contains } = gridmap.geometry;

  const roadClass = (level) => level in ROAD_CLASSES ? ROAD_CLASSES[level] : 2; // of an unknown word: a side road

  function features(buffer, name) {
    const layer = new VectorTile(new Pbf(buffer)).layers[name];
    return layer ? Array.from({ length: layer.length }, (_, i) => layer.feature(i)) : [];
  }

  // Everything of a tile as one set of shapes in the unit square, as geometry.js has them.
  function shapes(list, tile) {
    const rings = [0], sizes = [0], xs = [], ys = [], box = [];
    const span = 1 / Math.pow(2, tile.z);
    for (const feature of list) {
      let west = Infinity, north = Infinity, east = -Infinity, south = -Infinity;
      const lines = feature.loadGeometry();
      for (const line of lines) {
        const last = feature.type === 3 ? line.length - 1 : line.length; // closing points are closed again when drawn
        for (let p = 0; p < last; p++) {
          const x = (tile.x + line[p].x / feature.extent) * span, y = (tile.y + line[p].y / feature.extent) * span;
          xs.push(x);
          ys.push(y);
          west = Math.min(west, x);
          east = Math.max(east, x);
          north = Math.min(north, y);
          south = Math.max(south, y);
        }
        sizes.push(xs.length);
      }
      rings.push(sizes.length - 1);
      box.push(west, north, east, south);
    }
    return { count: list.length, ring: Int32Array.from(rings), vertex: Int32Array.from(sizes), x: Float64Array.from(xs),
      y: Float64Array.from(ys), box: Float64Array.from(box) };
  }

  function places(list, tile) {
    const span = 1 / Math.pow(2, tile.z);
    return list.map(function (feature) {
      const at = feature.loadGeometry()[0][0];
      return { ...feature.properties, x: (tile.x + at.x / feature.extent) * span, y: (tile.y + at.y / feature.extent) * span };
    });
  }

  function decode(buffer, tile) {
    const list = features(buffer, tile.layer);
    if (list.length && list[0].type === 1) return { places: places(list, tile) };
    const set = shapes(list, tile);
    const names = list.map((feature) => feature.properties.name || '');
    if (tile.layer === 'roads') {
      return { set, names, classes: list.map((feature) => roadClass(feature.properties.level)) };
    }
    if (tile.layer !== 'waters') return { set };
    const areas = list.map((feature) => feature.type === 3);
    const middles = { x: [], y: [] };
    for (let i = 0; i < set.count; i++) {
      const [west, north, east, south] = set.box.subarray(4 * i, 4 * i + 4);
      middles.x.push((west + east) / 2);
      middles.y.push((north + south) / 2);
      if (areas[i] && !contains(set, i, middles.x[i], middles.y[i])) names[i] = '';
    }
    return { set, names, areas, middles };
  }

  function wanted(layer, view, z) {
    const scale = Math.pow(2, z);
    const across = (value) => Math.max(0, Math.min(scale - 1, Math.floor(value * scale)));
    const tiles = [];
    for (let x = across(view.west); x <= across(view.east); x++) {
      for (let y = across(view.north); y <= across(view.south); y++) {
        tiles.push({ layer, z, x, y, key: [layer, z, x, y].join('/'), clip: [x / scale, y / scale, (x + 1) / scale, (y + 1) / scale],
          away: Math.hypot((x + 0.5) / scale - (view.west + view.east) / 2, (y + 0.5) / scale - (view.north + view.south) / 2) });
      }
    }
    return tiles;
  }

  // What comes within a moment is drawn together.
  function gathered(act) {
    let timer = 0;
    return function () {
      if (timer) return;
      timer = window.setTimeout(function () {
        timer = 0;
        act();
      }, MOMENT);
    };
  }

  // draw: called when something new can be drawn
  function store(draw) {
    const arrived = gathered(draw);
    const kept = new Map(); // key -> { data, stale, busy }
    let queue = [], running = 0, again = 0;

    function next() {
      while (running < AT_ONCE && queue.length) {
        const tile = queue.shift();
        const entry = kept.get(tile.key) || {};
        if (entry.busy) continue;
        kept.set(tile.key, entry);
        load(tile, entry);
      }
    }

    async function load(tile, entry) {
      running++;
      entry.busy = true;
      entry.stale = false;
      try {
        const answer = await fetch('/tiles/' + tile.key, { credentials: 'same-origin' });
        if (!answer.ok) throw new Error(answer.status + ' for tile ' + tile.key);
        entry.data = answer.status === 204 ? {} : decode(await answer.arrayBuffer(), tile);
        again = 0;
        arrived();
      } catch (error) {
        entry.stale = true; // asked for again, later and later
        window.setTimeout(arrived, Math.min(60000, 2000 * Math.pow(2, again++)));
        gridmap.notice('地图暂时取不到数据，稍后自动重试。已显示的内容不受影响。', 8000);
      }
      entry.busy = false;
      running--;
      next();
    }

    function parent(tile) {
      for (let z = tile.z - 1; z >= tile.z - 4 && z >= 0; z--) {
        const up = tile.z - z;
        const entry = kept.get([tile.layer, z, tile.x >> up, tile.y >> up].join('/'));
        if (entry && entry.data) return entry.data;
      }
      return null;
    }

    // What can be drawn of a layer now: [{ data, clip }]; the rest is on its way.
    function of(layer, view, z, { fallback = true } = {}) {
      if (z < (LEAST_ZOOM[layer] || 0)) return [];
      const found = [];
      for (const tile of wanted(layer, view, Math.min(z, DEEPEST))) {
        const entry = kept.get(tile.key);
        if (entry) {
          kept.delete(tile.key); // the latest used stand last
          kept.set(tile.key, entry);
        }
        if (!entry || (entry.stale && !entry.busy)) ask(tile);
        const data = entry && entry.data ? entry.data : fallback ? parent(tile) : null;
        if (data && (data.set || data.places)) found.push({ key: tile.key, data, clip: tile.clip, whole: Boolean(entry && entry.data) });
      }
      return found;
    }

    function ask(tile) {
      if (!queue.some((other) => other.key === tile.key)) queue.push(tile);
    }

    // Before a drawing: what was wanted for an earlier view is wanted no longer. After it: go.
    function begin() {
      queue = [];
    }

    function end() {
      queue.sort((a, b) => a.away - b.away); // what one looks at first
      next();
      for (const [key, entry] of kept) {
        if (kept.size <= KEPT) break;
        if (!entry.busy) kept.delete(key);
      }
    }

    function refresh() {
      for (const entry of kept.values()) entry.stale = true;
    }

    return { of, begin, end, refresh };
  }

  const baseZoom = (view) => Math.max(0, Math.round(view.zoom + Math.log2(256 / SIDE)));

  // The base map as ground.js wants it, each tile by itself.
  function ground(store, kinds, view) {
    const z = baseZoom(view);
    return kinds.flatMap((kind) => store.of(kind, view, z).map(({ data, clip }) => ({ kind, clip, shapes: data.set,
      names: data.names, areas: data.areas, classes: data.classes })));
  }

  return { store, ground, baseZoom };
})();
