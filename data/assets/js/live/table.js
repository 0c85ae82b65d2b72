// 数据总览: one table for all levels. A row leads one level down and the map there; a heading sorts.
gridmap.table = (function () {
  'use strict';

  const { element, number } = gridmap.panel;
  const byId = (id) => document.getElementById(id);
  const share = (part, whole) => whole ? Math.round(1000 * part / whole) / 10 : null;
  const COLUMNS = [
    ['居民户', (n) => n.households],
    ['居民', (n) => n.residents],
    ['摸排率', (n) => share(n.surveyed, n.households), '%'],
    ['沿街|商铺', (n) => n.shops],
    ['驻区|单位', (n) => n.organisations],
    ['社会|组织', (n) => n.social_organisations],
    ['党|组织', (n) => n.party_organisations],
    ['重点|部位', (n) => n.key_places],
    ['在办|事件', (n) => n.incidents],
    ['其中|超期', (n) => n.overdue],
    ['全部|事件', (n) => n.reported]
  ];

  // Twelve months as a line; the numbers are read to those who cannot see it.
  function sparkline(months, most) {
    const width = 64, height = 18;
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const at = (value, i) => [1 + i * (width - 2) / (months.length - 1), height - 2 - (height - 4) * value / (most || 1)];
    svg.setAttribute('viewBox', '0 0 ' + width + ' ' + height);
    svg.setAttribute('class', 'sparkline');
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', '近12个月事件 ' + months.join('、'));
    const line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
    line.setAttribute('points', months.map((value, i) => at(value, i).map((each) => each.toFixed(1)).join(',')).join(' '));
    const end = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
    const [x, y] = at(months[months.length - 1], months.length - 1);
    end.setAttribute('cx', x.toFixed(1));
    end.setAttribute('cy', y.toFixed(1));
    end.setAttribute('r', '1.8');
    svg.append(line, end);
    return svg;
  }

  function cell(value, unit, most, late) {
    const td = element('td', late ? { class: 'late' } : {});
    if (most && value) {
      const bar = element('i', { class: 'bar' });
      bar.style.width = (100 * value / most).toFixed(1) + '%';
      td.append(bar);
    }
    td.append(element('span', {}, value === null ? '–' : unit === '%' ? value.toFixed(1) + '%' : number(value)));
    return td;
  }

  // The name inside what is above it: 解放路社区第03网格 is 第03网格 among its own.
  function shortName(row, above) {
    return above && row.name.startsWith(above.name) && row.name !== above.name ? row.name.slice(above.name.length) : row.name;
  }

  function build(page) {
    const { rows } = page.table;
    const here = rows.find((row) => row.code === page.area && row.level !== 'unassigned') || rows[0];
    const below = rows.filter((row) => row.parent === here.code && row !== here);
    const firstHeading = { subdistrict: below.some((row) => row.level === 'section') ? '片区' : '社区', section: '社区', community: '网格' };
    const [order, down] = page.sorting;
    const values = (row) => order < 0 ? row.months.reduce((a, b) => a + b, 0) : COLUMNS[order][1](row.numbers);
    const sorted = below.filter((row) => row.level !== 'unassigned');
    if (order !== null) sorted.sort((a, b) => (values(a) - values(b)) * (down ? -1 : 1));
    sorted.push(...below.filter((row) => row.level === 'unassigned' && COLUMNS.some(([, of]) => of(row.numbers))));
    head(page, firstHeading[here.level] || '网格');
    trail(page, here);
    const most = COLUMNS.map(([, of]) => Math.max(...below.map((row) => of(row.numbers))));
    const peak = Math.max(1, ...below.map((row) => Math.max(...row.months)));
    byId('table').tBodies[0].replaceChildren(line(page, here, null, COLUMNS.map(() => 0), Math.max(...here.months)),
      ...sorted.map((row) => line(page, row, here, most, peak)));
  }

  function line(page, row, above, most, peak) {
    const open = () => page.openArea(row);
    const name = above && row.level !== 'unassigned'
      ? element('button', { type: 'button', class: 'link name', title: row.name, onclick: open }, shortName(row, above))
      : element('span', { class: 'name' }, above ? row.name : '合计');
    return element('tr', { class: above ? row.level : 'total', 'data-code': row.code },
      element('th', { scope: 'row' }, name),
      ...COLUMNS.map(([, of, unit], i) => cell(of(row.numbers), unit, most[i], i === 8 && of(row.numbers) > 0)),
      element('td', { class: 'months' }, sparkline(row.months, peak)));
  }

  function head(page, first) {
    const [order, down] = page.sorting;
    const heading = function (words, key) {
      const sorted = order === key && key !== null;
      const [upper, lower] = words.split('|');
      const button = element('button', { type: 'button', class: 'sort', onclick: () => sort(page, key) }, upper,
        ...(lower ? [element('br'), lower] : []));
      return element('th', { scope: 'col', 'aria-sort': sorted ? (down ? 'descending' : 'ascending') : 'none' }, button);
    };
    byId('table').tHead.replaceChildren(element('tr', {}, heading(first, null),
      ...COLUMNS.map(([words], i) => heading(words, i)), heading('近12个月|事件', -1)));
  }

  function sort(page, key) {
    const [order, down] = page.sorting;
    page.sorting = [key, order === key ? !down : true];
    build(page);
    const at = [null, ...COLUMNS.keys(), -1].indexOf(key);
    byId('table').tHead.querySelectorAll('button')[at].focus();
    page.remember();
  }

  function trail(page, here) {
    const way = [];
    for (let row = here; row; row = page.table.rows.find((other) => other.code === row.parent && row.parent)) way.unshift(row);
    byId('trail').replaceChildren(...way.map((row, i) => i === way.length - 1
      ? element('span', { class: 'name', 'aria-current': 'page' }, row.name)
      : element('button', { type: 'button', class: 'link name', onclick: () => page.openArea(row) }, row.name)));
  }

  // Goes to an area: its rows in the table, its land on the map.
  function openArea(page, row) {
    const level = row.level === 'grid' ? 'grid' : row.level === 'community' ? 'community' : null;
    if (level !== 'grid') page.area = row.code;
    build(page);
    if (!level) {
      page.select(null);
      page.whole();
      return;
    }
    const index = page.listOf(level).findIndex((it) => it.code === row.code);
    page.select({ level, index }, true);
    if (level === 'community') gridmap.panel.show(page, null); // the table goes on, the map shows where
  }

  function start(page) {
    page.sorting = [null, true];
    page.area = '';
    page.openArea = (row) => openArea(page, row);
    page.tabulate = () => build(page);
  }

  return { start };
})();
