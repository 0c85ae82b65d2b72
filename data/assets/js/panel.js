// The panel at the side (on phones a sheet from below): the table, a community, or a grid. Text is set as text only.
gridmap.panel = (function () {
  'use strict';

  const KINDS = { general: '综合网格', dedicated: '专属网格' };
  const byId = (id) => document.getElementById(id);

  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === 'onclick') made.addEventListener('click', value);
      else made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }

  function number(value) {
    return value === null ? '–' : String(value).replace(/\B(?=(\d{3})+$)/g, ',');
  }

  function name(text, tag) {
    return element(tag || 'span', { class: 'name' }, text);
  }

  function figures(measures, numbers) {
    return element('dl', { class: 'figures' }, ...measures.map(([, word], i) =>
      element('div', {}, element('dt', {}, word), element('dd', {}, number(numbers[i])))));
  }

  function fact(word, text) {
    return element('div', { class: 'fact' }, element('dt', {}, word), name(text || '未填写', 'dd'));
  }

  function head(page, kicker, title, code) {
    return element('div', { class: 'panel-head' },
      element('button', { type: 'button', class: 'link back', onclick: () => page.select(null) }, '‹ 数据总览'),
      element('p', { class: 'kicker' }, ...kicker),
      name(title, 'h2'),
      element('p', { class: 'code' }, code));
  }

  function grid(page, i) {
    const { grids, communities, measures } = page.document;
    const it = grids[i], community = communities[it.community];
    const kicker = [element('span', { class: 'chip ' + it.kind }, KINDS[it.kind])];
    if (community) {
      kicker.push(element('button', { type: 'button', class: 'link name',
        onclick: () => page.select({ level: 'community', index: it.community }, true) }, community.name));
    }
    return [head(page, kicker, it.name, it.code), figures(measures, it.numbers),
      element('dl', { class: 'facts-list' }, fact('网格员', it.worker), limits(it.limits))];
  }

  function community(page, i) {
    const { grids, communities, measures } = page.document;
    const it = communities[i];
    const own = grids.map((_, index) => index).filter((index) => grids[index].community === i);
    const facts = [limits(it.limits)];
    if (it.section) facts.unshift(fact('片区', it.section));
    return [head(page, [element('span', { class: 'chip' }, '社区')], it.name, it.code), figures(measures, it.numbers),
      element('dl', { class: 'facts-list' }, ...facts),
      element('h3', {}, '网格（' + own.length + '）'),
      element('ul', { class: 'grid-list' }, ...own.map((index) => element('li', {},
        element('button', { type: 'button', class: 'tile name ' + grids[index].kind, title: grids[index].name,
          'aria-label': grids[index].name,
          onclick: () => page.select({ level: 'grid', index: index }, true) }, grids[index].short))))];
  }

  // What was clicked among the points: how many of which kind, and their names where they may be shown.
  function points(page, found) {
    const word = page.document.measures[page.measureIndex[found.kind]][1];
    const lines = (found.labels ? found.indices.map((i) => found.labels[i]) : []).filter(Boolean);
    const rest = lines.length - 12;
    return element('div', { class: 'points' },
      element('p', { class: 'points-head' }, gridmap.layers.swatch(found.kind), word + ' ' + number(found.indices.length)),
      ...(lines.length ? [element('ul', {}, ...lines.slice(0, 12).map((text) => name(text, 'li')))] : []),
      ...(rest > 0 ? [element('p', { class: 'hint' }, '另有 ' + rest + ' 处')] : []));
  }

  function open(expanded) {
    document.body.classList.toggle('sheet-open', expanded);
    byId('sheet-toggle').setAttribute('aria-expanded', String(expanded));
  }

  // The four limits as a compass, where the sentence names all four in the usual words.
  function limits(text) {
    const parts = /^东[至到](.+?)[，,；;]南[至到](.+?)[，,；;]西[至到](.+?)[，,；;]北[至到](.+?)[。.]?$/.exec((text || '').trim());
    if (!parts) return fact('四至', text);
    return element('div', { class: 'fact limits' }, element('dt', {}, '四至'),
      element('dd', {}, ...['东', '南', '西', '北'].map((side, i) => element('span', {}, element('b', {}, side + '至'), name(parts[i + 1])))));
  }

  // selection: null, { level: 'grid' | 'community', index }; found: points under the click, or null
  function show(page, selection, found) {
    const place = byId('place'), numbers = byId('numbers');
    place.hidden = !selection && !found;
    numbers.hidden = !place.hidden;
    const content = found ? [page.describe ? page.describe(found) : points(page, found)] : [];
    if (selection) content.push(...(selection.level === 'grid' ? grid : community)(page, selection.index));
    else if (found) content.unshift(head(page, [], '未定网格', ''));
    place.replaceChildren(...content);
    byId('panel-body').scrollTop = 0;
    const title = selection ? page.titleOf(selection) : '数据总览';
    byId('sheet-title').textContent = title;
    byId('status').textContent = selection ? '已选 ' + title : '';
    if (!place.hidden) open(true);
  }

  function start(page) {
    byId('sheet-toggle').addEventListener('click', () => open(!document.body.classList.contains('sheet-open')));
    for (const button of document.querySelectorAll('[data-level]')) {
      button.addEventListener('click', () =>
        page.select({ level: button.dataset.level, index: Number(button.dataset.index) }, true));
    }
  }

  return { start, show, open, element, number };
})();
