// The queue at the left and the chosen row at the right. Text is set as text only.
gridmap.reviewTable = (function () {
  'use strict';

  const { element } = gridmap.panel;
  const name = (text) => element('span', { class: 'name' }, text);
  const byId = (id) => document.getElementById(id);
  const FINE = { 12: '户室', 11: '楼栋', 10: '楼栋', 9: '门牌', 8: '门牌', 7: '小区', 6: '小区', 5: '路口', 4: '路段',
    3: '社区', 2: '街道', 1: '区县' };

  function sure(probability) {
    const [word, look] = probability >= 0.9 ? ['高', 'high'] : probability >= 0.5 ? ['中', 'middle'] : ['低', 'low'];
    return element('span', { class: 'sure ' + look }, '可信度' + word);
  }

  function metres(radius) {
    return radius === null ? '' : '误差约±' + (radius < 1000 ? Math.round(radius) + '米' : (radius / 1000).toFixed(1) + '公里');
  }

  function queue(page) {
    byId('queue').replaceChildren(...page.rows.map((row, i) => element('li', {}, element('button', {
      type: 'button', 'aria-current': i === page.at ? 'true' : 'false', onclick: () => page.go(i)
    }, name(row.address), element('span', { class: 'under' }, row.unknown ? '未登记：' + row.unknown : row.reasons[0] || ''),
    row.alike > 1 ? element('span', { class: 'alike' }, '同类 ' + row.alike + ' 条') : ''))));
    byId('waiting').textContent = page.waiting;
    byId('done').textContent = page.done;
    byId('empty').hidden = page.rows.length > 0;
    byId('row').hidden = page.rows.length === 0;
    const current = byId('queue').querySelector('[aria-current="true"]');
    if (current) current.scrollIntoView({ block: 'nearest' });
  }

  function options(page) {
    byId('options').replaceChildren(...page.options.map((option, i) => element('li', {}, element('button', {
      type: 'button', 'aria-pressed': i === page.chosen ? 'true' : 'false', onclick: () => page.choose(i)
    }, element('span', { class: 'number' }, String(i + 1)), name(option.name),
    element('span', { class: 'level' }, option.node_id ? '定位到' + (FINE[option.level] || '区县') : '十字处')))));
    if (!page.options.length) byId('options').replaceChildren(element('li', { class: 'hint' }, '没有候选。按 / 查找，按 P 标在十字处，或按 N 新增地点。'));
    byId('accept').disabled = page.chosen < 0;
  }

  function row(page) {
    const current = page.rows[page.at];
    if (!current) return;
    byId('row-kicker').replaceChildren('表格第 ' + current.row_no + ' 行', sure(current.probability));
    byId('row-title').textContent = current.address;
    const first = current.options[0];
    byId('row-found').replaceChildren(
      ...(first ? [element('div', {}, element('dt', {}, '现在'), element('dd', {}, '定位到' + (FINE[first.level] || '区县')))] : []),
      ...(current.radius !== null ? [element('div', {}, element('dt', {}, '位置'), element('dd', {}, metres(current.radius)))] : []));
    byId('row-reasons').replaceChildren(...current.reasons.map((text) => element('li', {}, text)));
    options(page);
  }

  return { queue, row, options };
})();
