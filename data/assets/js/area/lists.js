// The lists of a grid: asked for when they are opened, drawn on the map, each line a button that shows its place.
gridmap.lists = (function () {
  'use strict';

  const { element, number } = gridmap.panel;
  const UNNAMED = { compound: '其他住户', building: '未知楼栋', stairwell: '' };
  const EMPTY = { households: '本网格没有居民户', shops: '本网格没有沿街商铺', organisations: '本网格没有驻区单位',
    social_organisations: '本网格没有社会组织', party_organisations: '本网格没有党组织',
    key_places: '本网格没有重点部位', incidents: '本网格没有在办事件' };
  const { SYMBOLS } = gridmap.marks;
  // One list is on the map at a time: colour tells what is still to be done, the shape what it is.
  for (const [kind, { shape }] of Object.entries(SYMBOLS)) {
    SYMBOLS[kind] = { shape, colour: '#1F5FBF' };
    SYMBOLS[kind + '-pending'] = { shape, colour: kind === 'incidents' ? '#C53030' : '#C8551B' };
  }

  const panel = () => document.getElementById('records');

  function words(kind) {
    return kind === 'incidents' ? ['超期', '未超期'] : ['未摸排', '已摸排'];
  }

  function phone(record) {
    if (!record.phone || record.phone.includes('*')) return null;
    return element('a', { class: 'call', href: 'tel:' + record.phone.replace(/[^0-9+]/g, ''),
      'aria-label': '呼叫 ' + (record.contact || record.title) }, '呼叫');
  }

  function row(record, choose) {
    const state = record.state.includes('超期') ? 'overdue' : record.pending ? 'pending' : '';
    const person = [record.contact, record.phone].filter(Boolean).join(' ');
    const note = [record.note, person].filter(Boolean).map((text) => element('span', {}, text));
    const button = element('button', { type: 'button', onclick: () => choose(record, false) },
      element('span', { class: 'words' }, element('span', { class: 'title name' }, record.title),
        ...(note.length ? [element('span', { class: 'note name' }, ...note)] : [])),
      ...(record.state ? [element('span', { class: 'state ' + state }, record.state)] : []));
    const call = phone(record);
    return element('div', { class: 'row', 'data-id': record.id }, button, ...(call ? [call] : []));
  }

  function tally(records) {
    const waiting = records.filter((record) => record.pending).length;
    const parts = waiting ? [element('em', {}, '未摸排 ' + waiting), ' / '] : [];
    return element('span', { class: 'tally' }, ...parts, number(records.length) + ' 户');
  }

  function grouped(records, depth) {
    const groups = new Map();
    for (const record of records) {
      const name = record.place[depth];
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(record);
    }
    return groups;
  }

  // A group that is filled when it is opened first: a grid can have a thousand households.
  function group(kind, name, records, fill) {
    const made = element('details', { class: kind }, element('summary', {},
      element('span', { class: 'title name' }, name || UNNAMED[kind]), tally(records)));
    made.fill = function () {
      if (made.childElementCount === 1) made.append(...fill());
      made.open = true;
    };
    made.addEventListener('toggle', () => made.open && made.fill());
    made.records = new Set(records.map((record) => record.id));
    return made;
  }

  function stairwells(records, choose) {
    return Array.from(grouped(records, 2)).flatMap(([name, own]) =>
      [...(name ? [element('h4', { class: 'name' }, name)] : []), ...own.map((record) => row(record, choose))]);
  }

  function compounds(records, choose) {
    return Array.from(grouped(records, 0)).map(([name, own]) => group('compound', name, own, () =>
      name || own.some((record) => record.place[1])
        ? Array.from(grouped(own, 1)).map(([building, homes]) =>
          group('building', building, homes, () => stairwells(homes, choose)))
        : own.map((record) => row(record, choose))));
  }

  function bar(kind, found, list, again) {
    const [todo, done] = words(kind);
    const sign = (symbol, text) => element('li', {}, gridmap.layers.swatch(symbol), text);
    const counted = found.records.some((record) => record.state)
      ? [sign(kind + '-pending', todo + ' ' + number(found.pending)), sign(kind, done + ' ' + number(found.total - found.pending))]
      : [sign(kind, number(found.total) + ' 处')];
    const made = element('div', { class: 'bar' }, element('ul', {}, ...counted));
    if (found.pending && found.pending < found.total) {
      const box = element('input', { type: 'checkbox' });
      box.checked = list.only;
      box.addEventListener('change', function () {
        list.only = box.checked;
        again();
        panel().querySelector('.only input').focus();
      });
      made.append(element('label', { class: 'only' }, box, '只看' + todo));
    }
    return made;
  }

  function draw(page, kind, found, list, choose) {
    const records = list.only ? found.records.filter((record) => record.pending) : found.records;
    const lines = !records.length ? [element('p', { class: 'said' }, EMPTY[kind])]
      : kind === 'households' ? compounds(records, choose) : records.map((record) => row(record, choose));
    if (kind === 'households' && lines[0].fill) lines[0].fill();
    const again = () => draw(page, kind, found, list, choose);
    panel().replaceChildren(...(records.length ? [bar(kind, found, list, again)] : []), ...lines);
    show(page, kind, records);
  }

  // The points of the open list on the map, what is pending on top.
  function show(page, kind, records) {
    const located = records.filter((record) => record.lon !== null);
    const layer = function (name, own) {
      page.shown.add(name);
      return { kind: name, count: own.length, ids: own.map((record) => record.id),
        x: Float64Array.from(own, (record) => gridmap.geometry.worldX(record.lon)),
        y: Float64Array.from(own, (record) => gridmap.geometry.worldY(record.lat)) };
    };
    page.points = [layer(kind, located.filter((record) => !record.pending)),
      layer(kind + '-pending', located.filter((record) => record.pending))];
    page.redraw();
  }

  // Opens what a line is in, marks the line and brings it into sight.
  function mark(record, focus) {
    for (const old of panel().querySelectorAll('.row.chosen')) old.classList.remove('chosen');
    for (const kind of ['compound', 'building']) {
      for (const made of panel().querySelectorAll('details.' + kind)) if (made.records.has(record.id)) made.fill();
    }
    const line = Array.from(panel().querySelectorAll('.row')).find((each) => each.dataset.id === record.id);
    if (!line) return;
    line.classList.add('chosen');
    line.scrollIntoView({ block: 'nearest' });
    if (focus) line.querySelector('button').focus({ preventScroll: true });
  }

  function waiting() {
    return element('div', { class: 'bones', role: 'img', 'aria-label': '正在读取' }, ...Array.from({ length: 6 }, () => element('i')));
  }

  function start(page, choose) {
    const code = page.document.grids[0].code;
    const known = new Map(), lists = new Map();
    let current = '';

    async function read(kind) {
      const answer = await fetch('/api/v1/grids/' + encodeURIComponent(code) + '/records?kind=' + kind);
      if (!answer.ok) throw new Error('answered ' + answer.status);
      return answer.json();
    }

    function failed(kind) {
      const again = element('button', { type: 'button', onclick: () => open(kind) }, '再试一次');
      panel().replaceChildren(element('div', { class: 'said', role: 'alert' }, '名单没有取到：请检查网络。地图和定位仍可使用。', again));
    }

    async function open(kind) {
      current = kind;
      if (kind === 'about') {
        panel().replaceChildren(document.getElementById('about').content.cloneNode(true));
        return;
      }
      if (!lists.has(kind)) lists.set(kind, { only: false });
      const bones = setTimeout(() => current === kind && panel().replaceChildren(waiting()), 200);
      try {
        if (!known.has(kind)) known.set(kind, await read(kind));
        if (current !== kind) return;
        draw(page, kind, known.get(kind), lists.get(kind), choose);
        document.getElementById('status').textContent = '共 ' + known.get(kind).total + ' 条';
      } catch {
        if (current === kind) failed(kind);
      } finally {
        clearTimeout(bones);
      }
    }

    const record = (id) => known.has(current) ? known.get(current).records.find((each) => each.id === id) : undefined;
    return { open, mark, record };
  }

  return { start };
})();
