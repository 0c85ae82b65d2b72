// The planner's page: a draft on the map, tools to change it, numbers that follow.
gridmap.planner = (function () {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const BASE = ['waters', 'compounds', 'buildings', 'roads', 'railways'];

  function read() {
    const data = JSON.parse(byId('gridmap-data').textContent);
    const columns = gridmap.columns.read(data.columns, 'gridmap-columns');
    const land = gridmap.view.land(data, columns, ['communities', ...BASE]);
    land.document.grids = []; // the plan in force is only the border it is compared with
    return {
      document: data, under: land, today: land.grids, plan: data.draft, communities: data.communities, day: data.day,
      draft: gridmap.draft.make(), chosen: [], chosenBlocks: new Set(), changedGrids: new Set(), differences: [], problems: [],
      problem: -1, comparing: false, showBlocks: false, busy: false, sending: false,
      calm: window.matchMedia('(prefers-reduced-motion: reduce)').matches
    };
  }

  function surfaces(page) {
    const store = gridmap.tiles.store(() => page.redraw());
    return [
      new gridmap.Surface('ground', function (context, view) {
        store.begin();
        page.under.base = gridmap.tiles.ground(store, BASE, view);
        store.end();
        gridmap.draftPainting.land(context, view, page);
      }),
      new gridmap.Surface('marks', (context, view) => gridmap.draftPainting.labels(context, view, page))
    ];
  }

  function say(page, map) {
    return function (text, failed, place) {
      const box = byId('notice');
      box.textContent = text;
      box.classList.toggle('failed', Boolean(failed));
      box.hidden = false;
      window.clearTimeout(page.saying);
      page.saying = window.setTimeout(() => { box.hidden = true; }, failed ? 12000 : 6000);
      page.pointer.clearLayers();
      if (!place) return;
      const at = [place[1], place[0]];
      page.pointer.addLayer(L.circleMarker(at, { radius: 16, color: '#C53030', weight: 3, fill: false, interactive: false, pane: 'tools' }));
      if (!map.getBounds().contains(at)) map.panTo(at, { animate: !page.calm });
    };
  }

  // Shows what the draft is now: its numbers at once, and what changes hands as soon as the server has compared.
  function renewing(page, talk) {
    let latest = 0;

    function show() {
      gridmap.planTables.head(page);
      gridmap.planTables.grids(page);
      gridmap.planPlace.show(page, talk);
      page.redraw();
    }

    async function compare(mine) {
      const changes = await talk.changes();
      if (!changes || mine !== latest) return;
      page.changedGrids = new Set(changes.grids);
      page.handed = changes.total;
      gridmap.planTables.changes(page, changes.handed);
      show();
      page.differences = page.comparing ? await talk.differences() : [];
      if (mine === latest) page.redraw();
    }

    return function () {
      page.chosen = page.chosen.filter((id) => page.draft.grids.has(id));
      const open = page.plan.state === 'draft';
      byId('undo').disabled = !open || !page.plan.undo;
      byId('redo').disabled = !open || !page.plan.redo;
      byId('plan-state').textContent = page.plan.word;
      for (const button of document.querySelectorAll('[data-tool], #activate, #refine')) button.disabled = !open;
      byId('withdraw').hidden = page.plan.state !== 'approved'; // what waits for its day can be taken back
      show();
      latest += 1;
      compare(latest);
    };
  }

  function choosing(page, map, talk) {
    return function (id, zoom) {
      page.chosen = id && page.draft.grids.has(id) ? [id] : [];
      gridmap.planPlace.show(page, talk);
      gridmap.planTables.grids(page);
      if (id && zoom) map.fitBounds(gridmap.geometry.bounds(page.draft.grids.get(id).set, 0), { maxZoom: 17, padding: [60, 60], animate: !page.calm });
      page.redraw();
      byId('status').textContent = id ? '已选 ' + page.nameOf(id) : '';
    };
  }

  function keys(page, talk) {
    document.addEventListener('keydown', function (event) {
      if (!(event.ctrlKey || event.metaKey) || event.target.closest('input, select, dialog')) return;
      const key = event.key.toLowerCase();
      if (key === 'z' && !event.shiftKey) talk.undo();
      else if (key === 'y' || (key === 'z' && event.shiftKey)) talk.redo();
      else return;
      event.preventDefault();
    });
    byId('refine').addEventListener('click', async function () {
      if (!await talk.refine()) return;
      page.say('基本单元已按道路、河流和铁路细分，网格边界没有变。');
    });
    byId('undo').addEventListener('click', talk.undo);
    byId('redo').addEventListener('click', talk.redo);
  }

  function legend() {
    byId('legend').open = window.matchMedia('(min-width: 1201px)').matches;
    const { STEPS } = gridmap.draftPainting;
    byId('legend-steps').replaceChildren(...STEPS.slice().reverse().map(function (step) {
      const swatch = gridmap.panel.element('i', { 'aria-hidden': 'true' });
      swatch.style.background = step.colour;
      return gridmap.panel.element('li', {}, swatch, step.word);
    }));
  }

  function start(map) {
    const page = read();
    gridmap.page = page;
    gridmap.map = map;
    gridmap.view.panes(map);
    map.createPane('tools').style.zIndex = 480;
    page.pointer = L.layerGroup([]).addTo(map);
    const [west, south, east, north] = page.document.bounds;
    const whole = function () {
      const beside = byId('legend').open ? byId('legend').offsetWidth + 16 : 24; // the open legend lies on no land
      map.fitBounds([[south, west], [north, east]], { paddingTopLeft: [24, 72], paddingBottomRight: [beside, 24], animate: false });
    };
    legend();
    whole();
    const layers = surfaces(page);
    page.redraw = () => layers.forEach((layer) => layer.redraw());
    page.nameOf = (id) => (page.draft.grids.get(id) || { name: '' }).name;
    page.say = say(page, map);
    gridmap.notice = (text) => page.say(text, true);
    const talk = gridmap.planTalk.create(page);
    page.renew = renewing(page, talk);
    page.choose = choosing(page, map, talk);
    page.activated = (done) => page.say((done.state === 'approved' ? '已批准待启用：' : '已启用：') + page.plan.name + '，' + done.valid_from + ' 起执行。');
    page.review = gridmap.planReview.create(page, map, talk);
    page.tools = gridmap.tools.create(page, map, talk.edit);
    layers.forEach((layer) => layer.addTo(map));
    keys(page, talk);
    byId('zoom-in').addEventListener('click', () => map.zoomIn());
    byId('zoom-out').addEventListener('click', () => map.zoomOut());
    byId('zoom-all').addEventListener('click', whole);
    byId('show-blocks').addEventListener('change', function () {
      page.showBlocks = this.checked;
      page.redraw();
    });
    map.on('click', function (event) {
      if (page.busy) return;
      const grid = page.draft.at('grids', event.latlng);
      page.choose(grid ? grid.id : null);
      if (grid) byId('place').scrollIntoView({ block: 'start' }); // what was clicked on the map is told in the panel
    });
    talk.load().then(talk.watch, () => page.say('方案没有读到，请刷新页面重试。', true));
  }

  return { start };
})();
