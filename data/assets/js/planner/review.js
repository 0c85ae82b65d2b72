// Looking at a draft before it takes effect: problems at their place, what changes hands, the dated confirmation.
gridmap.planReview = (function () {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const { element } = gridmap.panel;
  const SEVERITIES = { error: '错误', warning: '提醒', info: '说明' };
  const { worldX, worldY, latLng } = gridmap.geometry;

  function create(page, map, talk) {
    let looked = 0; // the revision that stood there when taking effect was asked for

    function pick(index) {
      if (!page.problems.length) return;
      page.problem = (index + page.problems.length) % page.problems.length;
      const { at } = page.problems[page.problem];
      if (at) map.setView(latLng(at.x, at.y), Math.max(map.getZoom(), 16), { animate: !page.calm });
      byId('problem-list').querySelectorAll('button').forEach(function (button, i) {
        if (i === page.problem) {
          button.setAttribute('aria-current', 'true');
          button.scrollIntoView({ block: 'nearest' });
        } else button.removeAttribute('aria-current');
      });
      page.redraw();
    }

    // A problem as it is shown: grids by their names, and at the middle of its grid when it has no place of its own.
    function shown(problem) {
      const grids = Array.from(page.draft.grids.values()).filter((grid) => problem.grids.includes(grid.code));
      const words = grids.reduce((text, grid) => text.split('网格 ' + grid.code).join(grid.name).split(grid.code).join(grid.name),
        problem.message);
      const at = problem.place ? { x: worldX(problem.place[0]), y: worldY(problem.place[1]) } : grids.length ? grids[0].label : null;
      return { ...problem, words, at };
    }

    function list(findings) {
      const problems = findings.map(shown);
      page.problems = problems;
      page.problem = -1;
      byId('problems').hidden = false;
      const errors = problems.filter((problem) => problem.severity === 'error').length;
      byId('problems-summary').textContent = problems.length
        ? (errors ? '错误 ' + errors + ' 处，改正后才能启用；' : '可以启用；') + '提醒 ' + (problems.length - errors) + ' 处'
        : '无缝隙、全覆盖，没有发现问题。';
      byId('problem-list').replaceChildren(...problems.map((problem, i) => element('li', { class: problem.severity },
        element('button', { type: 'button', onclick: () => pick(i) },
          element('b', {}, SEVERITIES[problem.severity]), element('span', { class: 'name' }, problem.words)))));
      byId('problem-next').disabled = byId('problem-previous').disabled = !problems.length;
      page.redraw();
    }

    function close() {
      byId('problems').hidden = true;
      page.problems = [];
      page.redraw();
    }

    async function check() {
      const button = byId('check');
      button.disabled = true;
      button.textContent = '正在检查…';
      const found = await talk.check();
      button.disabled = false;
      button.textContent = '全覆盖检查';
      if (!found) return;
      list(found.findings);
      byId('problems').scrollIntoView({ block: 'start' }); // the panel may have been scrolled to a grid far below
    }

    async function compare() {
      page.comparing = byId('compare').checked;
      if (page.comparing) page.differences = await talk.differences();
      page.redraw();
    }

    // What was looked at takes effect, or nothing: another revision by then is refused.
    async function ask() {
      looked = page.draft.revision;
      const changes = await talk.changes();
      if (!changes) return;
      const told = gridmap.planTables.told(changes.total);
      byId('activation-says').textContent = told ? '启用后 ' + told + '变更网格。' : '与现行方案相比，没有住户、商铺或事件变更网格。';
      byId('activation-failed').hidden = true;
      const day = byId('activation-date');
      day.min = byId('activation-approved').max = page.day;
      day.max = Number(page.day.slice(0, 4)) + 20 + page.day.slice(4); // a later one is a slip, and refused
      day.value = day.value && day.value >= page.day ? day.value : page.day;
      byId('activation').showModal();
    }

    async function go() {
      if (!byId('activation-date').reportValidity()) return;
      const button = byId('activation-go');
      button.disabled = true;
      const [day, number, approved] = ['date', 'number', 'approved'].map((name) => byId('activation-' + name).value.trim());
      const failed = await talk.activate({ valid_from: day, revision: looked, ...(number && { approval_number: number }), ...(approved && { approval_date: approved }) });
      button.disabled = false;
      byId('activation-failed').hidden = !failed;
      byId('activation-failed').textContent = failed || '';
      if (!failed) byId('activation').close();
    }

    // What waits for its day becomes a draft again.
    function askBack() {
      looked = page.draft.revision;
      const number = page.plan.approval_number;
      byId('withdrawal-says').textContent = '方案原定 ' + page.plan.valid_from + ' 启用。撤回后改回草案，可以继续修改；启用日期' +
        (number ? '和批准文号（' + number + '）' : '') + '作废，再次启用时重新填写。';
      byId('withdrawal-failed').hidden = true;
      byId('withdrawal').showModal();
    }

    async function goBack() {
      const button = byId('withdrawal-go');
      button.disabled = true;
      const failed = await talk.withdraw(looked);
      button.disabled = false;
      byId('withdrawal-failed').hidden = !failed;
      byId('withdrawal-failed').textContent = failed || '';
      if (!failed) byId('withdrawal').close();
    }

    byId('check').addEventListener('click', check);
    byId('problem-next').addEventListener('click', () => pick(page.problem + 1));
    byId('problem-previous').addEventListener('click', () => pick(page.problem - 1));
    byId('problems-close').addEventListener('click', close);
    byId('compare').addEventListener('change', compare);
    byId('handover').addEventListener('click', talk.handover);
    byId('activate').addEventListener('click', ask);
    byId('activation-go').addEventListener('click', go);
    byId('withdraw').addEventListener('click', askBack);
    byId('withdrawal-go').addEventListener('click', goBack);
    byId('activation').addEventListener('keydown', function (event) { // Enter in a field neither leaves nor confirms
      if (event.key !== 'Enter' || event.target.tagName !== 'INPUT') return;
      event.preventDefault();
      byId('activation-go').focus();
    });
    return { check, compare, list };
  }

  return { create };
})();
