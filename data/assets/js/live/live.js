// The live map: the land is in the page, everything else comes by tiles; numbers are asked for again and again.
gridmap.notice = function (text, milliseconds) {
  'use strict';

  const box = document.getElementById('notice');
  box.textContent = text;
  box.hidden = false;
  window.clearTimeout(gridmap.notice.timer);
  gridmap.notice.timer = window.setTimeout(() => { box.hidden = true; }, milliseconds);
};

gridmap.live = (function () {
  'use strict';

  const FIRST_SHOWN = ['communities', 'grids', 'compounds', 'buildings', 'roads', 'waters', 'railways', 'households',
    'key_places', 'incidents'];
  const LAYERS = ['communities', 'grids', 'compounds', 'buildings', 'roads', 'waters', 'railways', ...gridmap.points.KINDS];
  const AREAS = ['waters', 'compounds', 'buildings'];
  const LINES = ['roads', 'railways'];
  const POLL = 10000; // milliseconds
  const byId = (id) => document.getElementById(id);

  function read() {
    const data = JSON.parse(byId('gridmap-data').textContent);
    const columns = gridmap.columns.read(data.columns, 'gridmap-columns');
    const page = gridmap.view.land(data, columns, FIRST_SHOWN);
    page.workers = Array.from(columns['grids.workers']);
    page.workerColours = Array.from(columns['grids.worker_colours']);
    page.points = gridmap.points.layers();
    page.compoundPlaces = [];
    return page;
  }

  // The lines of all tiles as one layer: casings lie below all fills, across the edges of tiles.
  function joined(kind, tiles) {
    const total = { count: 0, rings: [0], sizes: [0], x: [], y: [], box: [] };
    for (const { data: { set } } of tiles) {
      for (let i = 1; i < set.ring.length; i++) total.rings.push(total.sizes.length - 1 + set.ring[i]);
      for (let r = 1; r < set.vertex.length; r++) total.sizes.push(total.x.length + set.vertex[r]);
      for (let v = 0; v < set.x.length; v++) {
        total.x.push(set.x[v]);
        total.y.push(set.y[v]);
      }
      for (const side of set.box) total.box.push(side);
      total.count += set.count;
    }
    const gather = (name) => [].concat(...tiles.map((tile) => tile.data[name] || []));
    const layer = { kind, names: gather('names'), shapes: { count: total.count, ring: total.rings, vertex: total.sizes, x: total.x,
      y: total.y, box: total.box } };
    if (kind === 'roads') layer.classes = gather('classes');
    return layer;
  }

  // Puts what the tiles hold into the page, as ground.js and labels.js want it.
  function collect(page, store, view) {
    const z = gridmap.tiles.baseZoom(view);
    const key = [];
    const found = {};
    for (const kind of [...AREAS, ...LINES]) {
      found[kind] = page.shown.has(kind) ? store.of(kind, view, z) : [];
      key.push(...found[kind].map((tile) => tile.key + tile.whole + (tile.data.made || (tile.data.made = ++made))));
    }
    const labels = page.shown.has('compounds') ? store.of('compound_labels', view, z) : [];
    const stamp = key.join(' ') + '|' + labels.map((tile) => tile.key + tile.whole).join(' ');
    if (page.tilesStamp === stamp) return;
    page.tilesStamp = stamp;
    const clipped = (kind) => found[kind].map(({ data, clip }) => ({ kind, clip, shapes: data.set, names: data.names,
      areas: data.areas, middles: data.middles }));
    page.base = [...clipped('waters'), ...clipped('compounds'), ...clipped('buildings'), joined('roads', found.roads),
      joined('railways', found.railways)];
    const seen = new Map();
    for (const { data } of labels) for (const place of data.places) seen.set(place.id, place);
    page.compoundPlaces = Array.from(seen.values(), (place) => ({ name: place.name || '', x: place.x, y: place.y,
      room: 2.6 * place.radius * page.metreAtOne })).filter((place) => place.name);
  }
  let made = 0;

  function surfaces(page) {
    const store = gridmap.tiles.store(() => page.redraw());
    page.store = store;
    return [
      new gridmap.Surface('ground', function (context, view) {
        store.begin();
        collect(page, store, view);
        gridmap.ground.paint(context, view, page);
      }),
      new gridmap.Surface('marks', function (context, view) {
        gridmap.points.collect(page, store, view);
        store.end();
        gridmap.points.paint(context, view, page);
        gridmap.labels.paint(context, view, page);
      })
    ];
  }

  // --- numbers -----------------------------------------------------------------------------------------------------

  function take(page, table) {
    const before = page.table && page.table.rows[0].numbers.reported;
    const rows = new Map(table.rows.map((row) => [row.level + row.code, row]));
    page.table = table;
    for (const [level, list] of [['grid', page.document.grids], ['community', page.document.communities]]) {
      for (const it of list) {
        it.row = rows.get(level + it.code);
        it.numbers = page.document.measures.map(([key]) => it.row ? it.row.numbers[key] : null);
      }
    }
    const whole = table.rows[0].numbers;
    for (const layer of page.points) layer.count = whole[layer.kind];
    for (const [kind, count] of [...Object.entries(table.layers), ...page.points.map((layer) => [layer.kind, layer.count])]) {
      const box = document.querySelector('[data-layer="' + kind + '"]');
      box.closest('label').querySelector('.count').textContent = gridmap.panel.number(count);
    }
    page.numbersStamp = (page.numbersStamp || 0) + 1;
    page.refill();
    page.tabulate();
    if (page.selection && !page.found && !byId('place').hidden) page.renew();
    if (before !== null && before !== undefined && whole.reported > before) {
      gridmap.notice('新登记事件 ' + (whole.reported - before) + ' 件', 6000);
    }
    page.redraw();
  }

  // The server says in a few bytes when nothing has changed; when something has, tiles are asked for again too.
  function poll(page) {
    let tag = null;
    async function once() {
      try {
        // the browser asks with the ETag that it keeps, and gives us what it has when the server says so
        const answer = await fetch('/api/v1/overview', { cache: 'no-cache', credentials: 'same-origin' });
        if (!answer.ok) throw new Error(String(answer.status));
        const latest = answer.headers.get('ETag');
        if (latest !== tag) {
          if (tag) page.store.refresh();
          tag = latest;
          take(page, await answer.json());
        }
      } catch (error) {
        gridmap.notice('数据暂时无法更新，稍后自动重试。', 8000);
      }
      window.setTimeout(() => document.hidden ? waitForSight() : once(), POLL);
    }
    function waitForSight() {
      document.addEventListener('visibilitychange', once, { once: true });
    }
    page.poll = once;
    once();
  }

  // --- address, print ------------------------------------------------------------------------------------------------

  // The colouring, the layers that are on (as bits), the area in the table and its order.
  function address(page) {
    page.more = function () {
      const bits = LAYERS.reduce((sum, kind, i) => sum + (page.shown.has(kind) ? Math.pow(2, i) : 0), 0);
      const [order, down] = page.sorting;
      return [page.fillingKey, bits.toString(36), page.area, order === null ? '' : order + (down ? 'd' : 'a')];
    };
    page.restore = function ([filling, bits, area, sorting]) {
      if (filling) page.fillingKey = filling;
      const wanted = /^[0-9a-z]+$/.test(bits || '') ? parseInt(bits, 36) : NaN;
      LAYERS.forEach(function (kind, i) {
        const box = document.querySelector('[data-layer="' + kind + '"]');
        const on = Math.floor(wanted / Math.pow(2, i)) % 2 === 1;
        if (Number.isFinite(wanted) && box && box.checked !== on) box.click();
      });
      if (area) page.area = area;
      const order = /^(-?\d+)([ad])$/.exec(sorting || '');
      if (order) page.sorting = [Number(order[1]), order[2] === 'd'];
      page.refill();
    };
    byId('layers-body').addEventListener('change', () => page.remember());
  }

  // Paper is of another shape than the screen: what was seen is what is printed.
  function printing(page, map) {
    byId('print').addEventListener('click', () => window.print());
    const seen = { bounds: null, center: null, zoom: 0 };
    window.matchMedia('print').addEventListener('change', function (event) {
      if (event.matches) Object.assign(seen, { bounds: map.getBounds(), center: map.getCenter(), zoom: map.getZoom() });
      map.invalidateSize({ animate: false, pan: false });
      if (event.matches) map.fitBounds(page.selection || seen.zoom > page.wholeZoom + 0.5 ? seen.bounds : page.landBounds, { animate: false });
      else map.setView(seen.center, seen.zoom, { animate: false });
    });
  }

  // Where something found lies, for a moment.
  function pointing(page) {
    page.point = function (map, at) {
      const ring = L.circleMarker(at, { radius: 18, color: '#1F5FBF', weight: 3, fill: false, interactive: false, pane: 'tools' });
      ring.addTo(map);
      window.setTimeout(() => ring.remove(), 4000);
    };
  }

  function start(map) {
    const page = read();
    gridmap.view.panes(map);
    const parts = [gridmap.filling, gridmap.table, gridmap.details, gridmap.measure, gridmap.backdrop].concat({ start: address },
      { start: printing }, { start: pointing });
    const [west, south, east, north] = page.document.bounds;
    page.landBounds = L.latLngBounds([[south, west], [north, east]]);
    gridmap.view.start(map, page, surfaces(page), parts);
    page.wholeZoom = map.getMinZoom() + 2;
    poll(page);
  }

  return { start };
})();
