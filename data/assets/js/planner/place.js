// The chosen grid: its numbers, its name and code, and what can be done to it as a whole.
gridmap.planPlace = (function () {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const { element, number } = gridmap.panel;
  const KINDS = { general: '综合网格', dedicated: '专属网格' };

  function figures(grid) {
    return element('dl', { class: 'figures' }, ...gridmap.planTables.MEASURES.map(([key, word]) =>
      element('div', {}, element('dt', {}, word), element('dd', {}, number(grid.numbers[key] ?? null)))));
  }

  // A small form with one field and a button that sends it.
  function form(verb, field, send) {
    const made = element('form', {}, field, element('button', { type: 'submit', class: 'plain' }, verb));
    made.addEventListener('submit', function (event) {
      event.preventDefault();
      if (field.value.trim()) send(field.value.trim());
    });
    return made;
  }

  function input(label, value, more) {
    return element('input', { type: 'text', 'aria-label': label, value, autocomplete: 'off', ...more });
  }

  function choice(label, options, chosen) {
    return element('select', { 'aria-label': label }, ...options.map(([value, word]) =>
      element('option', value === chosen ? { value, selected: '' } : { value }, word)));
  }

  // Who may take over a grid's land: those of its community, by code.
  function others(page, grid) {
    return page.draft.sorted().filter((it) => it.id !== grid.id && it.community_code === grid.community_code)
      .map((it) => [it.id, '划归 ' + it.name]);
  }

  // Asks for the fewest moves that bring a grid and its neighbours to their size, and offers to make them.
  async function suggest(page, grid, talk, box) {
    box.replaceChildren(element('p', { role: 'status' }, '正在计算…'));
    const found = await talk.balance(grid.id);
    if (!found) return box.replaceChildren();
    if (!found.operation) return box.replaceChildren(element('p', { role: 'status' }, '没有更均衡的划法：先按道路细分基本单元，或调整目标。'));
    const words = '建议划转 ' + number(found.moved.households) + ' 户、基本单元 ' + found.moves.reduce((sum, move) => sum + move.blocks.length, 0) + ' 个；'
      + (found.reached ? '相关网格都进入目标范围。' : '仍有网格达不到目标。');
    return box.replaceChildren(element('p', { role: 'status' }, words),
      element('button', { type: 'button', class: 'primary', onclick: () => talk.edit(found.operation) }, '采用'));
  }

  function verbs(page, grid, talk) {
    const send = talk.edit;
    const advice = element('div', { class: 'advice' });
    const box = element('div', { class: 'verbs', hidden: '' },
      form('更名', input('新的名称', grid.name, { maxlength: 100 }), (name) => send({ op: 'rename', grid: grid.id, name })),
      form('变更编码', input('新的编码', grid.code, { inputmode: 'numeric', maxlength: 15 }),
        (code) => send({ op: 'recode', grid: grid.id, code })),
      form('变更类别', choice('网格类别', Object.entries(KINDS), grid.kind),
        (kind) => send({ op: 'set_kind', grid: grid.id, kind })),
      form('划归社区', choice('社区', page.communities.map((it) => [it.code, it.name]), grid.community_code),
        (community) => send({ op: 'move_to_community', grid: grid.id, community })),
      form('撤销网格', choice('划归的网格', others(page, grid), ''), (heir) => send({ op: 'retire', grid: grid.id, to_grid: heir })));
    const open = element('button', { type: 'button', class: 'plain', 'aria-expanded': 'false', onclick: function () {
      box.hidden = !box.hidden;
      open.setAttribute('aria-expanded', String(!box.hidden));
    } }, '更名、编码、类别、撤销…');
    const even = element('button', { type: 'button', class: 'plain', onclick: () => suggest(page, grid, talk, advice) }, '均衡建议');
    return [element('div', { class: 'verbs' }, even, open,
      element('button', { type: 'button', class: 'plain', onclick: () => page.choose(null) }, '收起')), advice, box];
  }

  let shown = ''; // the grid and the revision that the panel stands for

  // What somebody types in the panel stays, unless the grid or the draft is another one.
  function show(page, talk) {
    const grid = page.draft.grids.get(page.chosen[0]);
    const box = byId('place');
    box.hidden = !grid || page.busy;
    const key = grid ? grid.id + ' ' + page.draft.revision : '';
    if (box.hidden || key === shown) return;
    shown = key;
    box.replaceChildren(
      element('p', { class: 'kicker' }, element('span', { class: 'chip ' + grid.kind }, KINDS[grid.kind]),
        element('span', { class: 'name' }, grid.community_name || '')),
      element('h2', { class: 'name' }, grid.name),
      element('p', { class: 'code' }, grid.code + (grid.provisional ? '（暂定）' : '')),
      figures(grid),
      element('p', { class: 'hint' }, facts(grid)),
      ...gridmap.planSentence.show(page, talk, grid),
      ...verbs(page, grid, talk));
  }

  function facts(grid) {
    const { area, load, pieces, deviation } = grid.numbers;
    const parts = ['面积 ' + (area / 1e6).toFixed(3) + ' 平方公里', '工作量 ' + number(Math.round(load)),
      '紧凑度 ' + grid.numbers.polsby_popper.toFixed(2)];
    if (deviation !== null) parts.push('与目标偏差 ' + gridmap.planTables.percent(deviation));
    if (pieces > 1) parts.push('分为 ' + pieces + ' 块');
    return parts.join('，');
  }

  return { show };
})();
