// The four limits of the chosen grid: as they are, and red-lined as its land asks for them now.
gridmap.planSentence = (function () {
  'use strict';

  const { element } = gridmap.panel;
  const TAGS = { same: 'span', deleted: 'del', inserted: 'ins' };
  let kept = { key: '', found: null }; // the panel is drawn again and again; the server writes a sentence once

  // One line for each side, features in the order of reading.
  function redlined(sides) {
    return element('div', { class: 'redline' }, ...sides.map((side) => element('p', {}, element('b', {}, side.word),
      ...side.spans.flatMap((span, i) => [i ? '、' : '', element(TAGS[span.change], { class: 'name' }, span.text)]))));
  }

  function verdict(found) {
    if (found.agrees === null) return element('p', { class: 'hint' }, '还没有四至。');
    if (found.agrees) return element('p', { class: 'fits' }, '四至与图形相符');
    return element('p', { class: 'parts' }, element('b', {}, '四至与图形不符'), '：' + found.message);
  }

  function adoption(found, talk, grid) {
    const source = element('input', { type: 'text', 'aria-label': '来源文件', value: found.source_document, maxlength: 200,
      autocomplete: 'off', placeholder: '来源文件，例如：街办〔2027〕1号' });
    const made = element('form', {}, source, element('button', { type: 'submit', class: 'primary' }, '采用'));
    made.addEventListener('submit', function (event) {
      event.preventDefault();
      talk.edit({ op: 'describe', grid: grid.id, four_limits: found.proposed, source_document: source.value.trim() });
    });
    return made;
  }

  function fill(box, found, page, talk, grid) {
    box.replaceChildren(verdict(found));
    if (!found.proposed) box.append(element('p', { class: 'hint' }, '边界沿线没有可用的道路、河流或围墙，写不出四至。'));
    else if (found.proposed !== found.four_limits) {
      box.append(element('p', { class: 'hint' }, '按现在的图形应写作（重画后重合 ' + (found.agreement * 100).toFixed(1) + '%，' + found.word + '）：'),
        redlined(found.sides));
      if (page.plan.state === 'draft') box.append(adoption(found, talk, grid));
    }
  }

  async function load(box, page, talk, grid) {
    const key = grid.id + ' ' + page.draft.revision;
    if (kept.key !== key) {
      box.replaceChildren(element('p', { class: 'hint', role: 'status' }, '正在按图形写四至…'));
      kept = { key, found: talk.limits(grid.id) };
    }
    const answer = await kept.found;
    if (!answer && kept.key === key) kept = { key: '', found: null }; // asked again the next time
    if (!box.isConnected) return;
    if (answer) fill(box, answer[0], page, talk, grid);
    else box.replaceChildren();
  }

  function show(page, talk, grid) {
    const box = element('div', { class: 'sentence' });
    const source = grid.source_document ? '（' + grid.source_document + '）' : '';
    window.setTimeout(() => load(box, page, talk, grid));
    return [element('h3', {}, '四至'), element('p', { class: 'name' }, (grid.four_limits || '未填写') + source), box];
  }

  return { show, redlined };
})();
