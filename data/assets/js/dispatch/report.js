// A report taken at the desk: a click on the map (or none), a short form, and the case is there.
gridmap.caseReport = (function () {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const { element } = gridmap.panel;
  const words = gridmap.caseWords;
  const SOURCES = ['居民来电', '窗口来访', '12345热线', '数字城管', '网格巡查', '微信群', '说事会', '信访'];

  function field(name, word, control, needed) {
    control.name = name;
    control.required = Boolean(needed);
    return element('label', { class: 'field' }, element('span', {}, word + (needed ? '' : '（选填）')), control);
  }

  const input = (more) => element('input', { type: 'text', maxlength: 200, autocomplete: 'off', ...more });

  function categories(page) {
    const list = element('datalist', { id: 'category-words' });
    page.talk.categories().then(function ({ lists }) {
      const names = lists.filter((each) => each.active).flatMap((each) => each.categories.map((one) => one.name));
      list.append(...Array.from(new Set(names), (value) => element('option', { value })));
    }, (error) => page.say(page.talk.why(error), true));
    return list;
  }

  // at: where it was clicked, or null
  function open(page, at) {
    const failed = element('p', { class: 'failed', role: 'alert', hidden: '' });
    const go = element('button', { type: 'submit', class: 'primary' }, '登记');
    const address = field('address', '地址', input({ maxlength: 400 }));
    const form = element('form', { class: 'report-form', novalidate: '', 'aria-label': '登记事件' },
      field('title', '标题', input(), true), address, field('description', '情况说明', element('textarea', { rows: 3, maxlength: 4000 })),
      field('category', '类别', input({ list: 'category-words', maxlength: 100 })), categories(page),
      field('source', '来源', element('select', {}, ...SOURCES.map((word) => element('option', { value: word }, word)))),
      field('reporter', '反映人', input({ maxlength: 100 })), field('phone', '联系电话', input({ inputmode: 'tel', maxlength: 40 })));
    const written = function () {
      const body = Object.fromEntries(Array.from(new FormData(form)).filter(([name, value]) => name !== 'holds' && value.trim()));
      return at ? { ...body, lon: at.lng, lat: at.lat } : body;
    };
    const check = gridmap.caseCheck.watch(page, form, { body: written, took: (found) => shown(page, at, found) });
    address.after(check.place, check.asks);
    form.append(check.alike, failed,
      element('div', { class: 'verbs' }, go, element('button', { type: 'button', class: 'plain', onclick: () => page.close() }, '取消')));
    form.addEventListener('submit', async function (event) {
      event.preventDefault();
      const body = written();
      failed.hidden = Boolean(body.title);
      failed.textContent = '请填写标题。';
      if (!body.title) return form.elements.title.focus();
      go.disabled = true;
      try {
        page.reported(await page.talk.report({ ...body, holds: check.holds() }));
      } catch (error) {
        failed.textContent = page.talk.why(error);
        failed.hidden = false;
        go.disabled = false;
      }
      return undefined;
    });
    page.showFile('登记事件', form);
    form.elements.title.focus();
  }

  // The place that counts is marked: the point, or where its address was found.
  function shown(page, at, found) {
    const place = found.lon === null ? null : { lng: found.lon, lat: found.lat, clock: '正常' };
    const moved = place && (!page.chosenPlace || page.chosenPlace.lng !== place.lng || page.chosenPlace.lat !== place.lat);
    page.chosenPlace = place;
    page.showGrid(found.assignment && found.assignment.grid_code);
    if (moved && !(at && found.place.holds !== 'address')) page.bring();
  }

  // A tool of the map: the next click, or Enter for its middle, is the place.
  function create(page, map) {
    byId('report').addEventListener('click', () => page.useTool('在地图上点事件的位置；用键盘时移动地图，按 Enter 取十字处。', function (at) {
      page.chosenPlace = { lng: at.lng, lat: at.lat, clock: '正常' };
      open(page, at);
      map.panTo(at, { animate: !page.calm });
    }, true));
    byId('doing-blank').addEventListener('click', function () {
      page.leaveTool();
      open(page, null);
    });
  }

  return { create };
})();
