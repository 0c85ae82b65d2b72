// What a click on a record shows: asked for when it is clicked, set as text only.
gridmap.details = (function () {
  'use strict';

  const { element, number } = gridmap.panel;
  const MOST = 60; // names at once

  async function ask(path) {
    const answer = await fetch('/api/v1/' + path, { credentials: 'same-origin', headers: { Accept: 'application/json' } });
    if (!answer.ok) throw new Error(answer.status + ' for ' + path);
    return answer.json();
  }

  function badge(state) {
    if (!state) return [];
    const kind = /超期/.test(state) ? ' late' : /^未摸排/.test(state) ? ' open' : '';
    return [element('span', { class: 'state' + kind }, state)];
  }

  function card(it) {
    return [
      element('p', { class: 'points-head' }, gridmap.layers.swatch(plural(it.kind)), element('span', {}, it.word), ...badge(it.state)),
      element('h3', { class: 'name' }, it.title),
      element('p', { class: 'code name' }, it.number),
      element('dl', { class: 'facts-list' }, ...it.facts.map((fact) => element('div', { class: 'fact' },
        element('dt', {}, fact.word), element('dd', { class: 'name' }, fact.value))))
    ];
  }

  const NOUNS = { household: 'households', shop: 'shops', organisation: 'organisations', social_organisation: 'social_organisations',
    party_organisation: 'party_organisations', key_place: 'key_places', incident: 'incidents', compound: 'compounds',
    building: 'buildings' };
  const plural = (kind) => NOUNS[kind] || kind;

  function box(...children) {
    return element('div', { class: 'points', 'aria-live': 'polite' }, ...children);
  }

  function failed(target) {
    return function () {
      target.replaceChildren(element('p', { class: 'hint' }, '详情暂时取不到，请稍后再点一次。'));
    };
  }

  // Shows one record in the panel above the grid that has it.
  function record(page, kind, id) {
    const target = box(element('p', { class: 'hint' }, '正在读取…'));
    ask('details/' + encodeURIComponent(plural(kind)) + '/' + encodeURIComponent(id)).then(function (it) {
      target.replaceChildren(...card(it));
    }).catch(failed(target));
    return target;
  }

  // What was clicked on the map: one record, or several to choose from, those not surveyed first.
  function found(page, hit) {
    const ids = hit.indices.map((i) => hit.ids[i]);
    if (ids.length === 1) return record(page, hit.kind, ids[0]);
    const word = page.document.measures[page.measureIndex[hit.kind]][1];
    const list = element('ul', { class: 'cards' }, element('li', { class: 'hint' }, '正在读取…'));
    const target = box(element('p', { class: 'points-head' }, gridmap.layers.swatch(hit.kind), word + ' ' + number(ids.length)), list);
    const query = ids.slice(0, MOST).map((id) => 'id=' + encodeURIComponent(id)).join('&');
    ask('details/' + hit.kind + '?' + query).then(function (cards) {
      list.replaceChildren(...cards.map((it) => element('li', {}, element('button', { type: 'button', class: 'link name',
        onclick: () => target.replaceWith(record(page, it.kind, it.id)) }, it.title), ...badge(it.note))));
      if (ids.length > MOST) list.append(element('li', { class: 'hint' }, '另有 ' + number(ids.length - MOST) + ' 处，放大后再点'));
    }).catch(failed(list));
    return target;
  }

  // Further search results: addresses, units, workers.
  function search(page, map, query) {
    return new Promise((resolve) => window.setTimeout(resolve, 150)).then(function () {
      if (document.getElementById('search').value !== query) return [];
      return ask('search?q=' + encodeURIComponent(query));
    }).then((list) => list.map((it) => ({ name: it.title, code: it.word + (it.note ? ' · ' + it.note : ''), go: () => go(page, map, it) })))
      .catch(() => []);
  }

  function go(page, map, it) {
    if (it.kind === 'grid') {
      page.select({ level: 'grid', index: page.document.grids.findIndex((grid) => grid.code === it.code) }, true);
      return;
    }
    if (it.lon !== null) {
      const kind = plural(it.kind);
      const toggle = document.querySelector('[data-layer="' + kind + '"]');
      if (toggle && !toggle.checked && !toggle.disabled) toggle.click();
      map.setView([it.lat, it.lon], Math.max(map.getZoom(), 18), { animate: false });
      page.point(map, [it.lat, it.lon]);
    }
    const grid = it.lon === null ? -1 : page.gridAt(L.latLng(it.lat, it.lon));
    if (NOUNS[it.kind]) page.select(grid < 0 ? null : { level: 'grid', index: grid }, false, { kind: it.kind, ids: [it.id], indices: [0] });
    else if (grid >= 0) page.select({ level: 'grid', index: grid });
  }

  function start(page, map) {
    page.describe = (hit) => found(page, hit);
    page.searchFurther = (query) => search(page, map, query);
  }

  return { start, ask };
})();
