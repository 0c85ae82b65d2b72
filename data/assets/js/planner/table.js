// Tables and lists of the planner's page. Every text is set as text.
gridmap.planTables = (function () {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const { element, number } = gridmap.panel;
  const BAR = 44; // pixels of a bar at a deviation of 100 %
  const MEASURES = [['households', '户'], ['shops', '商铺'], ['organisations', '单位'], ['incidents', '近12月事件']];

  const HANDED = [['households', '户'], ['shops', '家商铺'], ['organisations', '家单位'], ['open_incidents', '件在办事件']];

  function percent(value) {
    if (value === null || value === undefined) return '–';
    const rounded = Math.round(value * 100);
    return (rounded > 0 ? '+' : rounded < 0 ? '−' : '±') + Math.abs(rounded) + '%';
  }

  function deviation(grid) {
    const step = gridmap.draftPainting.stepOf(grid);
    const bar = element('i', { 'aria-hidden': 'true' });
    bar.style.width = step ? Math.max(3, Math.min(1, Math.abs(grid.deviation)) * BAR) + 'px' : '0';
    bar.style.background = step ? step.colour : 'none';
    bar.style.visibility = step ? 'visible' : 'hidden';
    return element('span', { class: 'deviation' }, percent(grid.deviation), bar);
  }

  function row(page, grid) {
    const button = element('button', { type: 'button', class: 'link name', title: grid.name, 'data-grid': grid.id,
      onclick: () => page.choose(grid.id, true) }, grid.name);
    const head = element('th', { scope: 'row' }, button);
    if (page.changedGrids.has(grid.id)) head.append(element('span', { class: 'changed-mark', title: '与现行方案不同' }, '●'));
    const cells = ['households', 'shops', 'incidents'].map((key) => element('td', {}, number(grid.numbers[key] ?? null)));
    return element('tr', { class: page.chosen.includes(grid.id) ? 'chosen' : '' }, head, ...cells,
      element('td', {}, deviation(grid)));
  }

  // how far from the target; what has none stands last
  const missed = (grid) => (grid.deviation === null ? -1 : Math.abs(grid.deviation));

  function grids(page) {
    const order = Array.from(page.draft.grids.values()).sort((a, b) =>
      missed(b) - missed(a) || (a.code < b.code ? -1 : 1));
    const body = byId('table').tBodies[0];
    const held = body.contains(document.activeElement) && document.activeElement.dataset.grid; // the keyboard stays where it is
    body.replaceChildren(...order.map((grid) => row(page, grid)));
    if (held) body.querySelector('[data-grid="' + held + '"]')?.focus({ preventScroll: true });
    byId('grids-says').textContent = '按与目标户数的偏差排列，点击名称定位。';
  }

  // In words, what changes hands; incidents are the open ones.
  function told(numbers) {
    return HANDED.filter(([key]) => numbers[key]).map(([key, word]) => number(numbers[key]) + ' ' + word).join('、');
  }

  function head(page) {
    const { numbers, revision } = page.draft;
    byId('revision').textContent = revision + ' 步';
    const moved = numbers.changed_hands.households;
    byId('moved').textContent = moved ? number(moved) + ' 户' : '无';
    byId('deviation').textContent = numbers.largest_deviation ? percent(numbers.largest_deviation.deviation) : '–';
    byId('unassigned').textContent = number(numbers.unassigned.households) + ' 户';
    const words = page.handed ? told(page.handed) : '';
    byId('changes-summary').textContent = page.changedGrids.size
      ? '与现行方案相比，' + page.changedGrids.size + ' 个网格有变动' + (words ? '，' + words + '变更网格' : '')
      : '与现行方案一致';
    byId('handover').hidden = !page.changedGrids.size;
  }

  function changes(page, flows) {
    const called = (name) => element('span', { class: 'name' }, name || '未定网格');
    byId('change-list').replaceChildren(...flows.map((flow) => element('li', {},
      element('span', {}, called(flow.old_name), ' → ', called(flow.new_name)),
      element('span', { class: 'count' }, told(flow.numbers) || '无住户'))));
  }

  return { grids, head, changes, told, percent, MEASURES };
})();
