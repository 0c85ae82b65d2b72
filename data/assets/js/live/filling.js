// What the colours of the grids say, and the legend that says it.
gridmap.filling = (function () {
  'use strict';

  const { element, number } = gridmap.panel;
  const { GRID_COLOURS } = gridmap.ground;
  const NONE = '#E4E7EB';
  const [LEAST, MOST] = [300, 500]; // households of a general grid
  const LOAD = ['#1B7F79', '#8CC7BF', '#F7F5EF', '#F2B38B', '#C8551B'];
  const RATE = ['#FFF1DC', '#FBCB95', '#F09A55', '#CF6425', '#8C3A10'];
  const SHARE = ['#F3E6D0', '#D8E3C9', '#A5D0B4', '#5FAE9B', '#1B7F79'];
  const SCARCE = 30; // households below which a rate says nothing

  function step(value, breaks) {
    let at = 0;
    while (at < breaks.length && value >= breaks[at]) at++;
    return at;
  }

  const general = (grid) => grid.kind === 'general';
  const value = (grid, key) => grid.row ? grid.row.numbers[key] : null;

  // Five classes with about equally many grids, at numbers that can be read.
  function quantiles(values) {
    const sorted = values.slice().sort((a, b) => a - b);
    const breaks = [0.2, 0.4, 0.6, 0.8].map((share) => Math.round(sorted[Math.floor(share * (sorted.length - 1))] || 0));
    return breaks.map((at, i) => Math.max(at, i + 1)).map((at, i, all) => Math.max(at, i ? all[i - 1] + 1 : at));
  }

  function between(breaks, unit) {
    return [...breaks, null].map((at, i) => i === 0 ? '不足' + at + unit : at === null ? breaks[i - 1] + unit + '及以上'
      : breaks[i - 1] + '–' + at + unit);
  }

  // Each: { palette, of(grid, i) -> index in it, words }
  const MODES = {
    neighbours: { word: '相邻分色', alpha: 0.55, make: (page) => ({ palette: GRID_COLOURS, of: (_, i) => page.colours[i] }) },
    kind: { word: '类型', alpha: 0.62, make: () => ({ palette: ['#99DDFF', '#EE8866'],
      of: (grid) => general(grid) ? 0 : 1, words: ['综合网格', '专属网格'] }) },
    worker: { word: '专职网格员', alpha: 0.55, make: (page) => ({ palette: [...GRID_COLOURS, NONE],
      of: (_, i) => page.workers[i] < 0 ? GRID_COLOURS.length : page.workerColours[i] % GRID_COLOURS.length,
      note: '一人所管的网格同色，共 ' + new Set(page.workers.filter((each) => each >= 0)).size + ' 人',
      rows: [[NONE, '未配备', page.workers.filter((each) => each < 0).length]] }) },
    load: { word: '负荷（户）', alpha: 0.85, make: () => ({ palette: [...LOAD, NONE], of: (grid) => !general(grid) ? 5 :
      step(value(grid, 'households'), [LEAST / 2, LEAST, MOST + 1, MOST * 1.5]),
      note: '综合网格每格 ' + LEAST + '–' + MOST + ' 户为宜',
      words: ['不足' + LEAST / 2 + '户', LEAST / 2 + '–' + (LEAST - 1) + '户', LEAST + '–' + MOST + '户', (MOST + 1) + '–' + (MOST * 1.5 - 1) + '户',
        MOST * 1.5 + '户及以上', '专属网格不计'] }) },
    rate: { word: '每千户事件', alpha: 0.85, make: function (page) {
      const of = (grid) => 1000 * value(grid, 'reported') / value(grid, 'households');
      const rated = page.document.grids.filter((grid) => value(grid, 'households') >= SCARCE);
      const breaks = quantiles(rated.map(of));
      return { palette: [...RATE, NONE], of: (grid) => value(grid, 'households') < SCARCE ? 5 : step(of(grid), breaks),
        note: '登记的全部事件', words: [...between(breaks, '件'), '不足' + SCARCE + '户不计'] };
    } },
    progress: { word: '摸排率', alpha: 0.85, make: function () {
      const breaks = [40, 60, 80, 95];
      return { palette: [...SHARE, NONE], of: (grid) => !value(grid, 'households') ? 5 :
        step(100 * value(grid, 'surveyed') / value(grid, 'households'), breaks),
        note: '居民户中已摸排的比例', words: [...between(breaks, '%'), '没有居民户'] };
    } }
  };
  const WAITING = ['load', 'rate', 'progress']; // need numbers

  function swatch(colour, alpha) {
    const canvas = element('canvas', { class: 'swatch', width: '48', height: '32', 'aria-hidden': 'true' });
    const context = canvas.getContext('2d');
    context.globalAlpha = alpha;
    context.fillStyle = colour;
    context.fillRect(4, 3, 40, 26);
    context.globalAlpha = 1;
    context.strokeStyle = '#9AA5B1';
    context.strokeRect(4.5, 3.5, 39, 25);
    return canvas;
  }

  function legend(page, mode, made, colours) {
    const rows = made.rows || (made.words || []).map((word, i) => [made.palette[i], word, colours.filter((each) => each === i).length]);
    if (!made.words && !made.note) {
      document.getElementById('legend-filling').replaceChildren();
      return;
    }
    const parts = [element('p', { class: 'legend-head' }, '网格着色：' + mode.word)];
    if (made.note) parts.push(element('p', { class: 'hint' }, made.note));
    parts.push(element('ul', { class: 'legend-steps' }, ...rows.filter((row) => row[2]).map(([colour, word, count]) =>
      element('li', {}, swatch(colour, mode.alpha), element('span', {}, word), element('span', { class: 'count' }, number(count))))));
    document.getElementById('legend-filling').replaceChildren(...parts);
  }

  function apply(page) {
    const plain = document.querySelector('[data-sign="general"]');
    if (plain) plain.hidden = page.fillingKey !== 'neighbours';
    const key = WAITING.includes(page.fillingKey) && !page.table ? 'neighbours' : page.fillingKey;
    const mode = MODES[key];
    const made = mode.make(page);
    const colours = page.document.grids.map(made.of);
    page.filling = { palette: made.palette, colours, alpha: mode.alpha };
    legend(page, mode, made, colours);
    document.getElementById('filling').value = page.fillingKey;
  }

  function start(page) {
    page.fillingKey = 'neighbours';
    const select = document.getElementById('filling');
    for (const [key, mode] of Object.entries(MODES)) select.append(element('option', { value: key }, mode.word));
    page.fill = function (key) {
      if (!MODES[key]) return;
      page.fillingKey = key;
      apply(page);
      page.redraw();
      if (page.selection) page.select(page.selection);
    };
    select.addEventListener('change', function () {
      page.fill(select.value);
      page.remember();
    });
    page.refill = () => apply(page);
    apply(page);
  }

  return { start };
})();
