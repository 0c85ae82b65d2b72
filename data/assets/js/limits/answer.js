// The answer in words: each side with what it lies on, what is wrong, and what there is to choose from. Text is set as text.
gridmap.limitsAnswer = (function () {
  'use strict';

  const { element, number } = gridmap.panel;
  const MEANS = {
    exact: '每一侧都在所述界线上，首尾相接。',
    gap_bridged: '界线之间有缺口，已按最短距离补上，红色虚线处请核对。',
    ambiguous: '这段文字不止一种画法，请选一种，或补充说明后再画。',
    unresolved: '按这段文字画不出范围，没有替您补画边界。'
  };
  const ONE_WAY = '画出了一种范围，但核对不够充分，请看清后再采用。';
  const HOW = { exact: '', alias: '（按别名）' };

  function stripe(side) {
    const made = element('i', { class: 'stripe', 'aria-hidden': 'true' });
    made.style.background = gridmap.limitsPaint.colour(side);
    return made;
  }

  function row(page, feature, metres) {
    const found = feature.found.filter((name) => name !== feature.name);
    const name = element('span', { class: 'name' }, feature.name + (found.length ? '（' + found.join('、') + '）' : HOW[feature.how] || ''));
    const length = feature.how ? metres === undefined ? '已找到' : metres > 0 ? number(Math.round(metres)) + ' 米' : '未用到' : '没有找到';
    const made = element('li', {}, stripe(feature.side), element('b', {}, feature.word), name,
      element('span', { class: 'metres' + (feature.how && metres !== 0 ? '' : ' none') }, length));
    if (feature.offers.length && !feature.how) {
      made.append(element('p', { class: 'offers' }, '是不是：', ...feature.offers.map((offer) =>
        element('button', { type: 'button', class: 'name', onclick: () => page.replace(feature.name, offer) }, offer))));
    }
    made.addEventListener('mouseenter', () => page.light(feature));
    made.addEventListener('mouseleave', () => page.light(null));
    return made;
  }

  function choices(page, part, p) {
    if (part.candidates.length < 2) return [];
    return [element('fieldset', { class: 'choices' }, element('legend', {}, '可选的画法'), ...part.candidates.map(function (candidate, c) {
      const box = element('input', { type: 'radio', name: 'part-' + p, value: c, ...(page.chosen[p] === c ? { checked: '' } : {}) });
      box.addEventListener('change', () => page.choose(p, c));
      return element('label', {}, box, element('span', {}, '画法' + (c + 1) + '：' + candidate.says, element('small', {}, measures(candidate))));
    }))];
  }

  function measures(candidate) {
    return candidate.hectares.toFixed(2) + ' 公顷，边界 ' + number(Math.round(candidate.perimeter)) + ' 米'
      + (candidate.gap >= 1 ? '，其中 ' + number(Math.round(candidate.gap)) + ' 米不在所述界线上' : '');
  }

  function part(page, each, p) {
    const candidate = each.candidates[page.chosen[p]];
    const troubles = each.troubles.map((trouble) => trouble.message);
    return element('div', { class: 'part' },
      ...(each.label ? [element('h3', {}, each.label)] : []),
      ...(candidate ? [element('p', {}, measures(candidate))] : []),
      ...choices(page, each, p),
      element('ul', { class: 'sides', 'aria-label': '各侧界线' }, ...each.features.map((feature, i) =>
        row(page, feature, candidate ? candidate.metres[i] : undefined))),
      ...(troubles.length ? [element('ul', { class: 'troubles', 'aria-label': '需要核对' }, ...troubles.map((text) => element('li', {}, text)))] : []));
  }

  function meaning(drawing) {
    const several = drawing.parts.some((each) => each.candidates.length > 1);
    return drawing.status === 'ambiguous' && !several ? ONE_WAY : MEANS[drawing.status];
  }

  function show(page) {
    const { drawing } = page;
    const verdict = document.getElementById('verdict');
    verdict.textContent = drawing.word;
    verdict.className = 'verdict ' + drawing.status;
    document.getElementById('summary').textContent = meaning(drawing)
      + (drawing.leftovers.length ? '没有读懂：「' + drawing.leftovers.join('」「') + '」。' : '');
    document.getElementById('parts').replaceChildren(...drawing.parts.map((each, p) => part(page, each, p)));
    document.getElementById('answer').hidden = false;
  }

  function legend(drawing, chosen) {
    const seen = new Set(drawing.parts.flatMap((each, p) => each.candidates.length
      ? each.candidates[chosen[p]].borders.map((border) => border.side) : each.features.map((feature) => feature.side || 'along')));
    const rows = Object.entries(gridmap.limitsPaint.SIDES).filter(([side]) => seen.has(side)).map(([side, [word]]) =>
      element('li', {}, stripe(side), side === 'along' ? word : word + '界'));
    if (seen.has('')) rows.push(element('li', {}, element('i', { class: 'stripe gap', 'aria-hidden': 'true' }), '不在所述界线上'));
    document.getElementById('sides-legend').replaceChildren(...rows);
  }

  return { show, legend };
})();
