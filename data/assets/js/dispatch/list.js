// The list of cases and its filters. A line that has not changed is left alone, so that nothing flickers.
gridmap.caseList = (function () {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const { element, number } = gridmap.panel;
  const words = gridmap.caseWords;
  const MORE = ['state', 'level', 'category', 'community', 'place', 'month'];

  function wordOf(facet, value, stage) {
    if (facet === 'clock') return stage === 'closed' || !value ? words.ENDED[value] : value;
    return (facet === 'place' ? words.PLACES[value] : value) || '未填';
  }

  function content(row) {
    const hints = [];
    if (row.batch) hints.push(element('span', { class: 'hint-place' }, '五单 ' + row.batch));
    if (row.near) hints.push(element('span', { class: 'hint-near' }, '疑似重复 ' + row.near));
    if (row.place !== 'inside') hints.push(element('span', { class: 'hint-place' }, words.PLACES[row.place]));
    const who = [row.grid_name || row.community_name || '未定网格', row.worker].filter(Boolean).join(' · ');
    return [
      element('span', { class: 'row-top' }, words.clock(row.clock, row.closed), element('span', { class: 'row-title name' }, row.title),
        element('span', { class: 'chip state' }, row.state)),
      element('span', { class: 'row-line' }, element('span', { class: 'name' }, who), element('span', { class: 'left' }, words.left(row, Date.now()))),
      element('span', { class: 'row-line small' }, element('span', { class: 'name' }, row.number + ' · ' + (row.category || '未分类') + ' · ' + row.level),
        element('span', { class: 'hints' }, ...hints))
    ];
  }

  function line(page, row) {
    const button = element('button', { type: 'button', class: 'row', 'data-id': row.id, onclick: () => page.open(row.id, button) });
    return element('li', {}, button);
  }

  function create(page) {
    const list = byId('rows');
    const lines = new Map(); // id -> { item, said }

    function rows(items) {
      const wanted = items.map(function (row) {
        const kept = lines.get(row.id) || { item: line(page, row), said: '' };
        const said = JSON.stringify([row, words.left(row, Date.now())]);
        if (said !== kept.said) {
          const button = kept.item.firstChild;
          button.replaceChildren(...content(row));
          button.className = 'row ' + (words.CLOCKS[row.clock] || 'ended');
          kept.said = said;
        }
        lines.set(row.id, kept);
        return kept.item;
      });
      for (const id of lines.keys()) if (!items.some((row) => row.id === id)) lines.delete(id);
      wanted.forEach(function (item, i) {
        if (list.children[i] !== item) list.insertBefore(item, list.children[i] || null);
      });
      while (list.children.length > wanted.length) list.lastChild.remove();
      current();
    }

    function current() {
      for (const button of list.querySelectorAll('.row')) {
        if (button.dataset.id === page.chosen) button.setAttribute('aria-current', 'true');
        else button.removeAttribute('aria-current');
      }
    }

    function chip(facet, value, count) {
      const chosen = (page.asked.chosen[facet] || []).includes(value);
      const made = element('button', { type: 'button', class: 'chip-filter', 'aria-pressed': String(chosen), 'data-value': value,
        onclick: () => page.choose(facet, value) });
      made.append(...(facet === 'clock' ? [words.mark(value)] : []), wordOf(facet, value, page.asked.stage) + ' ', element('b', {}, number(count)));
      return made;
    }

    // Chosen values stay even when none is left of them: one has to be able to take them away.
    function values(facet, counts) {
      const found = new Map(Object.entries(counts));
      for (const value of page.asked.chosen[facet] || []) if (!found.has(value)) found.set(value, 0);
      if (facet === 'clock') for (const value of ['正常', '临期', '超期']) if (!found.has(value)) found.set(value, 0);
      const order = ['超期', '临期', '正常', ''];
      const listed = Array.from(found);
      if (facet === 'clock') listed.sort((a, b) => order.indexOf(a[0]) - order.indexOf(b[0]));
      if (facet === 'month') listed.sort((a, b) => (a[0] < b[0] ? 1 : -1));
      return listed;
    }

    function refill(box, children) { // keeps the focus on the chip that has it
      const held = box.contains(document.activeElement) ? document.activeElement.dataset : null;
      box.replaceChildren(...children);
      const again = held && Array.from(box.querySelectorAll('[data-value]')).find((it) =>
        it.dataset.value === held.value && it.closest('[data-facet]')?.dataset.facet === held.facet);
      if (again) again.focus();
    }

    let said = '';

    function filters(board) {
      const now = JSON.stringify([board.counts, board.stages, page.asked.chosen, page.asked.stage]);
      if (now === said) return;
      said = now;
      refill(byId('facet-clock'), values('clock', board.counts.clock).map(([value, count]) => chip('clock', value, count)));
      refill(byId('filters'), MORE.map((facet) => element('fieldset', {}, element('legend', {}, words.FACETS[facet]),
        element('div', { class: 'chips' }, ...values(facet, board.counts[facet]).map(([value, count]) => chip(facet, value, count))))));
      for (const button of document.querySelectorAll('[data-stage]')) {
        button.setAttribute('aria-pressed', String(button.dataset.stage === page.asked.stage));
        button.querySelector('b').textContent = number(board.stages[button.dataset.stage]);
      }
      const chosen = Object.values(page.asked.chosen).reduce((sum, each) => sum + each.length, 0);
      byId('clear').hidden = !chosen && !page.asked.text;
      byId('more-filters').textContent = chosen ? '筛选（' + chosen + '）' : '筛选';
    }

    function turning(board) {
      const { offset, limit } = page.asked;
      byId('page-says').textContent = board.total ? (offset + 1) + '–' + (offset + board.items.length) + ' / ' + number(board.total) : '';
      byId('previous').disabled = offset === 0;
      byId('next').disabled = offset + limit >= board.total;
    }

    function empty(board) {
      const box = byId('list-empty');
      box.hidden = board.total > 0;
      if (board.total > 0) return;
      box.replaceChildren(...(board.registered === 0
        ? [element('h3', {}, '还没有事件'), element('p', {}, '在地图上点一处登记第一件，或从 12345、数字城管的导出表导入。'),
          element('button', { type: 'button', class: 'primary', onclick: () => byId('report').click() }, '登记事件')]
        : [element('h3', {}, '没有符合条件的事件'), element('p', {}, '换一个条件，或清除筛选看全部在办事件。'),
          element('button', { type: 'button', class: 'plain', onclick: page.clear }, '清除筛选')]));
    }

    return {
      current,
      show: function (board) {
        byId('skeleton').hidden = true;
        byId('list-says').textContent = '';
        byId('list-says').classList.remove('failed');
        rows(board.items);
        filters(board);
        turning(board);
        empty(board);
      },
      failed: function (text) {
        byId('skeleton').hidden = true;
        byId('list-says').classList.add('failed');
        byId('list-says').textContent = text;
      },
      // The line above or below the one that has the focus, or the first.
      step: function (by) {
        const all = Array.from(list.querySelectorAll('.row'));
        const at = all.indexOf(document.activeElement);
        const from = at < 0 ? all.findIndex((button) => button.dataset.id === page.chosen) : at;
        const next = all[Math.max(0, Math.min(all.length - 1, from + by))];
        if (next) next.focus();
      },
      lineOf: (id) => list.querySelector('.row[data-id="' + CSS.escape(id) + '"]')
    };
  }

  return { create };
})();
