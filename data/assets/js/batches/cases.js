// The cases of a list as a table, what has left it, and what was done.
gridmap.batchCases = (function () {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const { element } = gridmap.panel;

  const moment = (text) => text ? text.slice(0, 10) + ' ' + text.slice(11, 16) : '';

  function cell(label, text, ...more) {
    return element('td', { 'data-label': label, class: text ? '' : 'none' }, element('span', { class: 'name' }, text || '–'), ...more.filter(Boolean));
  }

  const small = (text) => text ? element('span', { class: 'under name' }, text) : '';

  function row(page, line) {
    const box = element('input', { type: 'checkbox', 'aria-label': '选择 ' + line.title + ' ' + line.number });
    box.checked = page.chosen.has(line.number);
    box.hidden = page.found.batch.ended;
    box.addEventListener('change', function () {
      if (box.checked) page.chosen.add(line.number);
      else page.chosen.delete(line.number);
      page.renewActs();
    });
    const rated = page.rules.ratings.filter((word) => line.ratings[word]).map((word) => word + ' ' + line.ratings[word]).join('、');
    return element('tr', {}, element('td', { class: 'pick' }, box),
      element('th', { scope: 'row' }, element('span', { class: 'name' }, line.title), small([line.number, line.state].join(' · ')), small(line.address)),
      cell('网格', line.grid_name || '待定'), cell('拟领单位', line.unit), cell('本环节', line.mark, small(line.reason)),
      cell('领单单位', line.claimed_by), cell('群众评价', rated));
  }

  function draw(page) {
    const { cases, gone } = page.found;
    byId('cases').tBodies[0].replaceChildren(...cases.map((line) => row(page, line)));
    byId('cases').hidden = !cases.length;
    byId('cases-empty').hidden = cases.length > 0;
    byId('all').hidden = page.found.batch.ended;
    byId('gone').hidden = !gone.length;
    byId('gone').querySelector('summary').textContent = '已离开清单 ' + gone.length + ' 件';
    byId('gone').querySelector('ul').replaceChildren(...gone.map((line) => element('li', {},
      element('b', {}, line.left_by), ' ', element('span', { class: 'name' }, line.title), small([line.number, line.reason].filter(Boolean).join(' · ')))));
    byId('minutes').hidden = !page.found.minutes;
    byId('minutes').querySelector('p').textContent = page.found.minutes || '';
    history(page);
  }

  function history(page) {
    const { steps } = page.found;
    byId('history').querySelector('summary').textContent = '办理经过 ' + steps.length + ' 步';
    byId('history').querySelector('ol').replaceChildren(...steps.slice().reverse().map(function (step) {
      const { unit, rating, meeting, left } = step.given;
      const more = [step.incident, unit, rating, meeting && '会议日期 ' + meeting,
        left && '离开清单：' + Object.entries(left).map(([word, count]) => word + ' ' + count + ' 件').join('、'), step.reason].filter(Boolean).join('；');
      return element('li', {}, element('time', {}, moment(step.at)), element('b', {}, step.act), element('span', { class: 'hint' }, step.stage + ' · ' + step.role),
        ...(more ? [element('p', { class: 'name' }, more)] : []));
    }));
  }

  return { draw, moment };
})();
