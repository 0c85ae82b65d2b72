// What would become of the report that is being written: its place and grid, and reports that may be the same matter.
// The server is asked again whenever an answer that matters has changed.
gridmap.caseCheck = (function () {
  'use strict';

  const { element } = gridmap.panel;
  const words = gridmap.caseWords;
  const WAIT = 400; // milliseconds after the last key
  const MATTERS = new Set(['address', 'description', 'category']);
  const HOLDS = [['', '先登记，待核实'], ['point', '以地图上的点为准'], ['address', '以地址为准']];

  function grid(found) {
    const { assignment } = found;
    if (!assignment) return '';
    if (assignment.grid_name) return '：' + assignment.grid_name;
    return assignment.nearest_name ? '，最近的是' + assignment.nearest_name : '';
  }

  // In one line: how sure the place is, whose it is, and by what it was found.
  function said(found) {
    const { address } = found.place;
    const by = address && !found.place.point ? '（地址' + address.words + '，误差约±' + Math.round(address.radius) + '米）' : '';
    if (found.lon === null) return found.place.matter ? found.why : '没有位置：登记后为“待定位”，可以以后再定。';
    return words.PLACES[words.placeOf(found.assignment)] + grid(found) + by;
  }

  function choice(chosen, changed) {
    return element('fieldset', { class: 'holds' }, element('legend', {}, '坐标和地址不一致，以哪一个为准？'), ...HOLDS.map(function ([value, word]) {
      const input = element('input', { type: 'radio', name: 'holds', value });
      input.checked = value === chosen;
      input.addEventListener('change', () => changed(value));
      return element('label', {}, input, word);
    }));
  }

  function near(found) {
    const { items } = found.duplicates;
    if (!items.length) return [];
    return [element('h4', {}, '疑似重复 ' + items.length + ' 件'),
      element('ul', { class: 'near-list' }, ...items.slice(0, 5).map((each) => element('li', {}, element('div', {},
        element('a', { class: 'link name', href: '#' + encodeURIComponent(each.number), target: '_blank' }, each.title),
        element('p', { class: 'hint' }, [each.number, each.state, words.apart(each)].join(' · ')))))),
      element('p', { class: 'hint' }, '是同一件事的，登记后可在事件里并案，或不再登记。')];
  }

  // body(): what is written so far; took(found): the answer has come.
  function watch(page, form, { body, took }) {
    const place = element('p', { class: 'hint', role: 'status' }, '正在查找所在网格…');
    const asks = element('div', {}), alike = element('div', { class: 'alike' });
    let latest = 0, waiting = 0, holds = '';

    async function look() {
      const mine = ++latest;
      try {
        const found = await page.talk.check({ ...body(), holds });
        if (mine !== latest) return;
        const disagree = found.place.point && found.place.address && (found.why.startsWith('坐标与地址') || holds);
        place.textContent = said(found);
        asks.replaceChildren(...(found.why && found.lon !== null ? [element('p', { class: 'ask' }, found.why + '。')] : []),
          ...(disagree ? [choice(holds, function (value) { holds = value; look(); })] : []));
        alike.replaceChildren(...near(found));
        took(found);
      } catch (error) {
        if (mine === latest) place.textContent = page.talk.why(error);
      }
    }

    form.addEventListener('input', function (event) {
      if (!MATTERS.has(event.target.name)) return;
      if (event.target.name === 'address') holds = '';
      window.clearTimeout(waiting);
      waiting = window.setTimeout(look, WAIT);
    });
    look();
    return { place, asks, alike, holds: () => holds };
  }

  return { watch };
})();
