// The page of the four limits: asks the server to draw a sentence, lets a person choose, and accepts it for a community.
gridmap.limits = (function () {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const { element } = gridmap.panel;
  const BASE = ['waters', 'compounds', 'buildings', 'roads', 'railways'];
  const OWN = { codes: { bad_input: '这段文字读不出四至，请写明东、南、西、北各至何处', not_found: '还没有可用的道路、河流和小区数据，请先导入',
    conflict: '按这段文字画不出范围，不能采用', forbidden: '没有权限修改这个社区' } };

  function land() {
    const data = JSON.parse(byId('gridmap-data').textContent);
    const under = gridmap.view.land(data, gridmap.columns.read(data.columns, 'gridmap-columns'), ['communities', ...BASE]);
    return { document: data, under, drawing: null, chosen: [], communities: [], calm: window.matchMedia('(prefers-reduced-motion: reduce)').matches };
  }

  function surface(page) {
    const store = gridmap.tiles.store(() => page.redraw());
    return new gridmap.Surface('ground', function (context, view) {
      store.begin();
      page.under.base = gridmap.tiles.ground(store, BASE, view);
      store.end();
      gridmap.ground.paint(context, view, page.under);
    });
  }

  function failed(error) {
    const box = byId('failed');
    box.textContent = gridmap.problems.why(error, OWN, '没有连上服务器，请稍后再试。');
    box.hidden = false;
  }

  // What the sentence would be in the place of the one that the community has.
  function acceptance(page) {
    const community = page.communities.find((each) => each.code === byId('community').value);
    const can = Boolean(page.drawing) && page.drawing.parts.every((part) => part.candidates.length);
    byId('accept').hidden = !can;
    byId('accept-go').disabled = !community;
    byId('accept-says').textContent = !community ? '先在上面选定社区，再采用。'
      : '写入' + community.name + '的四至和来源文件；网格不变。';
    byId('change').replaceChildren(...(community && can && community.four_limits && community.four_limits !== page.drawing.text
      ? [element('div', { class: 'redline' }, element('p', {}, element('b', {}, '原'), element('del', { class: 'name' }, community.four_limits)),
        element('p', {}, element('b', {}, '新'), element('ins', { class: 'name' }, page.drawing.text)))] : []));
  }

  function verbs(page, map) {
    page.paint = () => page.painter.show(page.drawing, page.chosen, page.lit);
    page.light = function (feature) {
      page.lit = feature;
      page.paint();
    };
    page.choose = function (part, candidate) {
      page.chosen[part] = candidate;
      render(page);
      byId('parts').querySelector('input[name="part-' + part + '"]:checked').focus();
    };
    page.replace = function (name, other) {
      byId('text').value = byId('text').value.split(name).join(other);
      draw(page, map);
    };
  }

  function render(page) {
    gridmap.limitsAnswer.show(page);
    gridmap.limitsAnswer.legend(page.drawing, page.chosen);
    acceptance(page);
    page.paint();
  }

  async function draw(page, map) {
    byId('failed').hidden = true;
    byId('accepted').textContent = '';
    byId('status').textContent = '正在画…';
    try {
      page.drawing = await gridmap.ask('/limits/drawing', { text: byId('text').value.trim() });
    } catch (error) {
      failed(error);
      byId('status').textContent = '';
      return;
    }
    page.chosen = page.drawing.parts.map(() => 0);
    page.lit = null;
    render(page);
    const seen = page.painter.bounds(page.drawing, page.chosen);
    if (seen.isValid()) map.fitBounds(seen, { padding: [48, 48], maxZoom: 17, animate: !page.calm });
    byId('status').textContent = '结果：' + page.drawing.word;
    byId('answer-title').focus({ preventScroll: window.matchMedia('(min-width: 721px)').matches });
  }

  async function accept(page) {
    try {
      const done = await gridmap.ask('/communities/' + encodeURIComponent(byId('community').value) + '/limits', { text: page.drawing.text,
        source_document: byId('source').value.trim(), chosen: page.chosen, outline: byId('outline').checked }, 'PUT');
      Object.assign(page.communities.find((each) => each.code === done.code), done);
      acceptance(page);
      byId('accepted').textContent = '已采用为' + done.name + '的四至。';
    } catch (error) {
      failed(error);
    }
  }

  function listen(page, map) {
    byId('ask').addEventListener('submit', function (event) {
      event.preventDefault();
      draw(page, map);
    });
    byId('text').addEventListener('keydown', function (event) {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) byId('ask').requestSubmit();
    });
    byId('community').addEventListener('change', function () {
      const found = page.communities.find((each) => each.code === this.value);
      byId('accepted').textContent = '';
      if (found) {
        byId('source').value = found.source_document;
        const text = byId('text').value.trim();
        if (!text || page.communities.some((each) => each.four_limits === text)) byId('text').value = found.four_limits;
      }
      acceptance(page);
    });
    byId('accept').addEventListener('submit', function (event) {
      event.preventDefault();
      accept(page);
    });
    byId('zoom-in').addEventListener('click', () => map.zoomIn());
    byId('zoom-out').addEventListener('click', () => map.zoomOut());
    byId('zoom-all').addEventListener('click', page.whole);
  }

  async function start(map) {
    const page = land();
    gridmap.page = page;
    gridmap.map = map;
    gridmap.view.panes(map);
    const [west, south, east, north] = page.document.bounds;
    page.whole = () => map.fitBounds([[south, west], [north, east]], { padding: [24, 24], animate: false });
    page.whole();
    const ground = surface(page);
    page.redraw = () => ground.redraw();
    page.painter = gridmap.limitsPaint.create(map);
    verbs(page, map);
    ground.addTo(map);
    listen(page, map);
    try {
      page.communities = await gridmap.ask('/communities/limits');
      byId('community').append(...page.communities.map((each) => element('option', { value: each.code }, each.name)));
    } catch (error) {
      failed(error);
    }
    page.ready = true;
  }

  return { start };
})();
