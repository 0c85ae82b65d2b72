// The page of 五单: lists at the side, one of them open, its next step first.
window.addEventListener('DOMContentLoaded', async function () {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const { element } = gridmap.panel;
  const talk = gridmap.batchTalk;
  const wished = new URLSearchParams(window.location.search);
  const today = new Date(Date.now() + 8 * 3600000).toISOString().slice(0, 10); // in China, whatever the computer's own zone is
  const page = { lists: [], found: null, rules: null, chosen: new Set(), units: new Set(), day: today, ready: false };
  gridmap.page = page;

  page.say = function (text, bad) {
    byId('status').textContent = text;
    byId('status').classList.toggle('failed', Boolean(bad));
  };

  page.renewActs = function () {
    const { cases } = page.found;
    byId('all').checked = cases.length > 0 && page.chosen.size === cases.length;
    byId('all').indeterminate = page.chosen.size > 0 && page.chosen.size < cases.length;
    gridmap.batchForms.acts(page);
  };

  function steps() {
    const { batch } = page.found;
    const here = page.rules.stages.findIndex((stage) => stage.name === batch.stage);
    byId('steps').replaceChildren(...page.rules.stages.map(function (stage, i) {
      const item = element('li', { class: i < here || batch.ended ? 'done' : i === here ? 'here' : '' }, stage.name);
      if (i === here && !batch.ended) item.setAttribute('aria-current', 'step');
      return item;
    }));
  }

  function lists() {
    byId('lists-empty').hidden = page.lists.length > 0;
    byId('lists').replaceChildren(...page.lists.map(function (each) {
      const button = element('button', { type: 'button', onclick: () => show(each.number) }, element('span', { class: 'name' }, each.name),
        element('span', { class: 'chip' }, each.ended ? '已办结' : each.stage), element('span', { class: 'under' }, each.number + ' · ' + each.cases + ' 件'));
      if (page.found && page.found.batch.number === each.number) button.setAttribute('aria-current', 'true');
      return element('li', {}, button);
    }));
  }

  function draw() {
    const { batch, cases, acts } = page.found;
    byId('nothing').hidden = true;
    byId('list').hidden = false;
    byId('list-title').textContent = batch.name;
    byId('facts').textContent = [batch.number, '开单 ' + gridmap.batchCases.moment(batch.opened_at), batch.meeting_on && '会议日期 ' + batch.meeting_on, '清单 ' + batch.cases + ' 件'].filter(Boolean).join(' · ');
    for (const line of cases) for (const unit of [line.unit, line.claimed_by]) if (unit) page.units.add(unit);
    byId('units').replaceChildren(...Array.from(page.units, (unit) => element('option', { value: unit })));
    byId('adding').hidden = !acts.some((act) => act.effect === 'put');
    lists();
    steps();
    gridmap.batchForms.next(page);
    gridmap.batchCases.draw(page);
    page.renewActs();
    if (!byId('adding').hidden) adding.seek();
  }

  // Takes what a step answered: the list as it is now.
  page.took = function (found, text) {
    page.found = found;
    page.chosen.clear();
    page.lists = [found.batch, ...page.lists.filter((each) => each.number !== found.batch.number)].sort((a, b) => a.opened_at < b.opened_at ? 1 : -1);
    draw();
    page.say(text);
    if (found.acts.every((act) => act.effect !== 'rate') && !found.batch.ended) return;
    year();
  };

  async function show(number) {
    try {
      page.found = await talk.one(number);
      page.chosen.clear();
      window.history.replaceState(null, '', '?list=' + encodeURIComponent(number));
      draw();
      byId('list-title').focus();
    } catch (error) {
      page.say(talk.why(error), true);
    }
  }

  async function year() {
    const chosen = byId('year').value;
    try {
      const found = await talk.results(chosen);
      byId('results').hidden = byId('results-sheet').hidden = !found.length;
      byId('results-sheet').href = talk.yearSheet(chosen);
      byId('results-says').textContent = found.length ? '' : chosen + ' 年还没有单位领单。';
      for (const each of found) page.units.add(each.unit);
      byId('results').tBodies[0].replaceChildren(...found.map((each) => element('tr', {}, element('th', { scope: 'row', class: 'name' }, each.unit), element('td', {}, String(each.claimed)),
        element('td', {}, each.satisfied === null ? '–' : (100 * each.satisfied).toFixed(1) + '%'), element('td', {}, each.grade || '未评'))));
    } catch (error) {
      byId('results-says').textContent = talk.why(error);
    }
  }

  async function opening() {
    byId('opening-go').disabled = true;
    try {
      page.took(await talk.open(byId('opening-name').value.trim()), '已新开清单。');
      byId('opening').close();
      byId('opening-name').value = '';
      window.history.replaceState(null, '', '?list=' + encodeURIComponent(page.found.batch.number));
    } catch (error) {
      byId('opening-failed').textContent = talk.why(error);
      byId('opening-failed').hidden = false;
    }
    byId('opening-go').disabled = false;
  }

  function ask() {
    byId('opening-failed').hidden = true;
    byId('opening').showModal();
    byId('opening-name').focus();
  }

  const adding = gridmap.batchForms.adding(page);
  byId('all').addEventListener('change', function () {
    page.chosen = new Set(byId('all').checked ? page.found.cases.map((line) => line.number) : []);
    gridmap.batchCases.draw(page);
    page.renewActs();
  });
  for (const id of ['open-list', 'open-first']) byId(id).addEventListener('click', ask);
  byId('opening-leave').addEventListener('click', () => byId('opening').close());
  byId('opening').querySelector('form').addEventListener('submit', function (event) {
    event.preventDefault();
    opening();
  });
  const now = Number(today.slice(0, 4));
  byId('year').append(...Array.from({ length: 3 }, (_, i) => element('option', { value: String(now - i) }, now - i + ' 年')));
  byId('year').addEventListener('change', year);
  byId('seek-text').value = wished.get('put') || '';
  try {
    [page.rules, page.lists] = await Promise.all([talk.stages(), talk.lists()]);
    await year();
    const first = page.rules.stages[0].name;
    const fit = wished.get('put') ? page.lists.find((each) => !each.ended && each.stage === first) : null;
    const named = page.lists.find((each) => each.number === wished.get('list'));
    const chosen = named || fit || page.lists.find((each) => !each.ended) || page.lists[0];
    if (chosen) await show(chosen.number);
    else {
      lists();
      byId('nothing').hidden = false;
      byId('list-title').textContent = '还没有清单';
    }
  } catch (error) {
    byId('list-title').textContent = '没有读到清单';
    page.say(talk.why(error), true);
  }
  page.ready = true;
});
