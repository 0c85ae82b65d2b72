// Checking addresses: one row after the other, candidates with numbers on the map, all of it by keyboard if one likes.
gridmap.review = (function () {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const BASE = ['waters', 'compounds', 'buildings', 'roads', 'railways'];
  const MOST = 9, CLOSE = 18, STEP = 80; // candidates; zoom; pixels
  const ARROWS = { ArrowUp: [0, -STEP], ArrowDown: [0, STEP], ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0] };
  const talk = gridmap.reviewTalk, table = gridmap.reviewTable;

  function read() {
    const data = JSON.parse(byId('gridmap-data').textContent);
    const under = gridmap.view.land(data, gridmap.columns.read(data.columns, 'gridmap-columns'), ['communities', ...BASE]);
    return { document: data, under, rows: [], options: [], at: 0, chosen: -1, waiting: 0, done: 0, decided: 0, busy: false };
  }

  function surface(page) {
    const store = gridmap.tiles.store(() => page.redraw());
    return new gridmap.Surface('ground', function (context, view) {
      store.begin();
      page.under.base = gridmap.tiles.ground(store, BASE, view);
      store.end();
      gridmap.ground.paint(context, view, page.under);
    });
  }

  function say(text, look) {
    const box = byId('notice');
    box.textContent = text;
    box.className = 'notice ' + (look || '');
    box.hidden = false;
    window.clearTimeout(say.timer);
    say.timer = window.setTimeout(() => { box.hidden = true; }, look === 'failed' ? 12000 : 5000);
  }

  // Candidates with their numbers; those of one place stand side by side.
  function mark(page, map) {
    page.marks.clearLayers();
    const seen = new Map();
    page.options.forEach(function (option, i) {
      if (option.lon === null) return;
      const key = option.lon.toFixed(6) + ',' + option.lat.toFixed(6), beside = seen.get(key) || 0;
      seen.set(key, beside + 1);
      const icon = L.divIcon({ className: 'candidate' + (i === page.chosen ? ' chosen' : ''), html: String(i + 1),
        iconSize: [26, 26], iconAnchor: [13 - 28 * beside, 13] });
      page.marks.addLayer(L.marker([option.lat, option.lon], { icon, interactive: false, keyboard: false,
        zIndexOffset: i === page.chosen ? 1000 : 0 }));
    });
    const row = page.rows[page.at], option = page.options[page.chosen];
    if (row && option && option.lon !== null && page.options === row.options && page.chosen === 0 && row.radius) {
      page.marks.addLayer(L.circle([option.lat, option.lon], { radius: row.radius, color: '#1F5FBF', weight: 1.5, fillOpacity: 0.08, interactive: false }));
    }
  }

  function look(page, map) {
    const placed = page.options.filter((option) => option.lon !== null).map((option) => [option.lat, option.lon]);
    if (placed.length) map.fitBounds(placed, { maxZoom: CLOSE, padding: [80, 80], animate: false });
  }

  function verbs(page, map) {
    page.choose = function (i) {
      if (i >= page.options.length) return;
      page.chosen = i;
      table.options(page);
      mark(page, map);
      const option = page.options[i];
      if (option.lon !== null && !map.getBounds().contains([option.lat, option.lon])) map.panTo([option.lat, option.lon], { animate: false });
      byId('status').textContent = '候选 ' + (i + 1) + '：' + option.name;
    };
    page.offer = function (options) {
      page.options = options.slice(0, MOST);
      page.chosen = page.options.length ? 0 : -1;
      table.options(page);
      mark(page, map);
      look(page, map);
    };
    page.go = function (i) {
      page.at = Math.max(0, Math.min(i, page.rows.length - 1));
      byId('new-place').hidden = true;
      table.queue(page);
      table.row(page);
      const row = page.rows[page.at];
      page.options = row ? row.options = row.options.slice(0, MOST) : [];
      page.chosen = page.options.length ? 0 : -1;
      table.options(page);
      mark(page, map);
      look(page, map);
      byId('status').textContent = row ? row.address : '没有待核对的地址';
    };
    page.load = async function (id) {
      const found = await talk.queue();
      Object.assign(page, { rows: found.rows, waiting: found.waiting, done: found.done });
      const at = id ? page.rows.findIndex((row) => row.id === id) : page.at;
      page.go(at < 0 ? page.at : at);
    };
    page.drop = function () {
      const at = map.getCenter();
      const pinned = { node_id: null, name: '十字处', level: 0, lon: at.lng, lat: at.lat };
      page.options = [...page.rows[page.at].options.slice(0, MOST - 1), pinned];
      page.choose(page.options.length - 1);
    };
  }

  // One step at a time: what is pressed while the server writes is not lost silently, it simply does not count.
  function deciding(page) {
    async function step(act) {
      if (page.busy) return;
      page.busy = true;
      try {
        await act();
      } catch (error) {
        say(talk.words(error), 'failed');
        if (error.problem) await page.load().catch(() => undefined);
      } finally {
        page.busy = false;
      }
    }
    page.decide = (body) => step(async function () {
      const row = page.rows[page.at];
      const done = await talk.decide(row.id, body);
      page.decided += 1;
      byId('undo').disabled = false;
      const learned = done.learned.map(([word, place]) => '「' + word + '」即「' + place + '」').join('，');
      const more = done.closed.length > 1 ? '，同类 ' + (done.closed.length - 1) + ' 条一并处理' : '';
      say((body.kind === 'unknown' ? '已标为查不到' : '已核对') + more + (learned ? '。已记住' + learned : '') + '。', 'done');
      await page.load();
    });
    page.accept = function () {
      const option = page.options[page.chosen];
      if (!option) return;
      page.decide(option.node_id ? { kind: 'choose', node_id: option.node_id } : { kind: 'pin', lon: option.lon, lat: option.lat });
    };
    page.undo = () => step(async function () {
      const back = await talk.undo();
      page.decided = Math.max(0, page.decided - 1);
      say('已撤回上一步，' + back.reopened.length + ' 条重新待核对。');
      await page.load(back.reopened[0]);
    });
    page.find = (text) => step(async function () {
      const found = await talk.places(text);
      if (!found.length) say('地名库里没有「' + text + '」。', 'failed');
      else page.offer(found);
      byId('search-text').blur();
    });
  }

  function naming(page, map) {
    const form = byId('new-place');
    page.beginAdding = function () {
      form.hidden = false;
      byId('new-name').value = page.rows[page.at].unknown;
      byId('new-name').focus();
    };
    page.leaveAdding = function () {
      form.hidden = true;
      document.activeElement.blur();
    };
    form.addEventListener('submit', function (event) {
      event.preventDefault();
      const at = map.getCenter();
      const body = { kind: 'add', name: byId('new-name').value.trim(), level: byId('new-level').value, lon: at.lng, lat: at.lat };
      page.leaveAdding();
      page.decide(body);
    });
    byId('new-leave').addEventListener('click', page.leaveAdding);
  }

  function keys(page, map) {
    const acts = { Enter: page.accept, p: page.drop, n: page.beginAdding, 0: () => page.decide({ kind: 'unknown' }) };
    document.addEventListener('keydown', function (event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const typing = event.target.closest('input, select');
      if (event.key === 'Escape') {
        if (typing) typing.blur();
        byId('new-place').hidden = true;
        return;
      }
      if (typing) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const arrow = ARROWS[key], onMap = event.target.closest('.leaflet-container');
      if (arrow && onMap) return; // the map moves by itself
      if (key === 'Enter' && event.target.closest('button') && !event.target.closest('#queue, #options')) return;
      if (key === '/') byId('search-text').focus();
      else if (key === 'u') page.undo();
      else if (arrow && event.shiftKey) map.panBy(arrow, { animate: false });
      else if (key === 'ArrowDown') page.go(page.at + 1);
      else if (key === 'ArrowUp') page.go(page.at - 1);
      else if (key === '+' || key === '=') map.zoomIn(1, { animate: false });
      else if (key === '-') map.zoomOut(1, { animate: false });
      else if (!page.rows.length) return;
      else if (/^[1-9]$/.test(key)) page.choose(Number(key) - 1);
      else if (acts[key]) acts[key]();
      else return;
      event.preventDefault();
    });
  }

  function start(map) {
    const page = read();
    gridmap.page = page;
    gridmap.map = map;
    gridmap.notice = (text) => say(text, 'failed');
    gridmap.view.panes(map);
    page.marks = L.layerGroup([]).addTo(map);
    const [west, south, east, north] = page.document.bounds;
    const whole = () => map.fitBounds([[south, west], [north, east]], { padding: [24, 24], animate: false });
    whole();
    const ground = surface(page);
    page.redraw = () => ground.redraw();
    ground.addTo(map);
    verbs(page, map);
    deciding(page);
    naming(page, map);
    keys(page, map);
    const press = (id, act) => byId(id).addEventListener('click', act);
    press('accept', page.accept);
    press('pin', page.drop);
    press('add', page.beginAdding);
    press('unknown', () => page.decide({ kind: 'unknown' }));
    press('undo', page.undo);
    press('zoom-in', () => map.zoomIn());
    press('zoom-out', () => map.zoomOut());
    press('zoom-all', whole);
    byId('search').addEventListener('submit', function (event) {
      event.preventDefault();
      const text = byId('search-text').value.trim();
      if (text) page.find(text);
    });
    page.load().then(() => { page.ready = true; }, (error) => say(talk.words(error), 'failed'));
  }

  return { start };
})();
