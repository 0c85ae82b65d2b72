// The layer panel (人 地 物 事 组织, with counts and the symbols of points) and the legend of the land.
gridmap.layers = (function () {
  'use strict';

  const { element, number } = gridmap.panel;
  const MOST = 5; // kinds of points at once: more cannot be told apart
  const GROUPS = [
    ['人', ['households']],
    ['地', ['communities', 'grids', 'compounds', 'buildings', 'roads', 'waters', 'railways']],
    ['物', ['shops', 'key_places']],
    ['事', ['incidents']],
    ['组织', ['organisations', 'social_organisations', 'party_organisations']]
  ];
  const LAND = { communities: '社区', grids: '网格', compounds: '小区', buildings: '楼栋', roads: '道路', waters: '水系',
    railways: '铁路' };

  // A small drawing beside a word, made by what draws the map.
  function swatch(kind) {
    const width = 24, height = 16, ratio = 2;
    const canvas = element('canvas', { class: 'swatch', width: width * ratio, height: height * ratio, 'aria-hidden': 'true' });
    const context = canvas.getContext('2d');
    context.scale(ratio, ratio);
    const line = function (colour, thickness, dash) {
      context.beginPath();
      context.setLineDash(dash || []);
      context.moveTo(0, height / 2);
      context.lineTo(width, height / 2);
      context.strokeStyle = colour;
      context.lineWidth = thickness;
      context.stroke();
    };
    const box = function (fill, edge, thickness) {
      context.beginPath();
      context.rect(2, 1.5, width - 4, height - 3);
      context.fillStyle = fill;
      context.fill();
      if (edge) {
        context.strokeStyle = edge;
        context.lineWidth = thickness;
        context.stroke();
      }
    };
    const G = gridmap.ground;
    const drawings = {
      subdistrict: () => line(G.INK, 4),
      communities: () => line(G.INK, 2.5),
      grids: () => line(G.INK, 1.5),
      neighbours: () => line(G.AROUND_EDGE, 1.2, [5, 3]),
      general: function () {
        G.GRID_COLOURS.slice(0, 4).forEach(function (colour, i) {
          context.globalAlpha = 0.55;
          context.fillStyle = colour;
          context.fillRect(i * 6, 1, 6, height - 2);
        });
      },
      dedicated: function () {
        box('#FFFFFF', G.INK, 1.5);
        G.fillHatched(context, 0, 0);
      },
      compounds: () => box('#FFFFFF', G.COMPOUND_EDGE, 1),
      buildings: () => box('#E9E6DF', '#B9B2A3', 1),
      roads: () => { line(G.CASING, 7); line(G.ROAD, 5); },
      waters: () => box(G.WATER, G.SHORE, 1),
      railways: () => { line(G.RAIL, 4); line(G.ROAD, 2, [5, 5]); }
    };
    if (gridmap.marks.SYMBOLS[kind]) gridmap.marks.symbol(context, kind, width / 2, height / 2, kind === 'incidents' ? 5 : 5.5);
    else drawings[kind]();
    return canvas;
  }

  function counts(page) {
    const { document: data } = page;
    const all = { communities: [LAND.communities, data.communities.length], grids: [LAND.grids, data.grids.length] };
    for (const layer of data.base) all[layer.kind] = [LAND[layer.kind], layer.count];
    for (const layer of data.points) all[layer.kind] = [data.measures[page.measureIndex[layer.kind]][1], layer.count];
    return all;
  }

  function panel(page) {
    const body = document.getElementById('layers-body');
    const known = counts(page);
    const boxes = [];
    function limit() {
      const full = boxes.filter((box) => box.checked).length >= MOST;
      for (const box of boxes) box.disabled = full && !box.checked;
      hint.hidden = !full || boxes.length <= MOST;
    }
    const hint = element('p', { class: 'hint' }, '最多同时显示 ' + MOST + ' 类点位');
    for (const [group, kinds] of GROUPS) {
      const rows = kinds.filter((kind) => known[kind]).map(function (kind) {
        const box = element('input', { type: 'checkbox', 'data-layer': kind });
        box.checked = page.shown.has(kind);
        if (gridmap.marks.SYMBOLS[kind]) boxes.push(box);
        box.addEventListener('change', function () {
          if (box.checked) page.shown.add(kind);
          else page.shown.delete(kind);
          limit();
          page.redraw();
        });
        const [word, count] = known[kind];
        const sign = gridmap.marks.SYMBOLS[kind] ? [swatch(kind)] : [];
        return element('label', { class: 'layer' }, box, ...sign, element('span', {}, word),
          element('span', { class: 'count' }, number(count)));
      });
      if (rows.length) body.append(element('fieldset', {}, element('legend', {}, group), element('div', { class: 'rows' }, ...rows)));
    }
    body.append(hint);
    limit();
  }

  function legend(page) {
    const body = document.getElementById('legend-body');
    const words = counts(page);
    const rows = [['subdistrict', page.document.whole ? '街道界' : '本图范围'], ['communities', '社区界'], ['grids', '网格界'],
      ['general', '综合网格'], ['dedicated', '专属网格']];
    if (page.neighbours && page.neighbours.count) rows.push(['neighbours', page.document.whole ? '相邻街道' : '相邻边界']);
    for (const kind of ['roads', 'railways', 'waters', 'compounds']) if (words[kind]) rows.push([kind, words[kind][0]]);
    body.append(element('ul', { class: 'legend-list' }, ...rows.map(([kind, word]) =>
      element('li', { 'data-sign': kind }, swatch(kind), element('span', {}, word)))));
  }

  // Panels that float over the map fold away; on phones they begin folded, and only one is open.
  function folding() {
    const small = window.matchMedia('(max-width: 720px)').matches;
    const toggles = ['layers', 'legend'].map((name) => document.getElementById(name + '-toggle'));
    function set(toggle, open) {
      toggle.setAttribute('aria-expanded', String(open));
      document.getElementById(toggle.getAttribute('aria-controls')).hidden = !open;
    }
    for (const toggle of toggles) {
      set(toggle, !small);
      toggle.addEventListener('click', function () {
        const opens = toggle.getAttribute('aria-expanded') !== 'true';
        if (opens && window.matchMedia('(max-width: 720px)').matches) toggles.forEach((other) => set(other, false));
        set(toggle, opens);
      });
    }
    return () => toggles.forEach((toggle) => set(toggle, false));
  }

  function start(page) {
    panel(page);
    legend(page);
    page.fold = folding();
  }

  return { start, swatch };
})();
