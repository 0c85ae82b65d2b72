// The dispatcher's page: list and map show the same cases; whatever is opened stands in one panel.
gridmap.dispatch = (function () {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const { worldX, worldY, contains } = gridmap.geometry;
  const LIMIT = 50;
  const isPhone = () => window.matchMedia('(max-width: 720px)').matches;

  function read() {
    const data = JSON.parse(byId('gridmap-data').textContent);
    const columns = gridmap.columns.read(data.columns, 'gridmap-columns');
    const page = gridmap.view.land(data, columns, ['communities', 'grids', ...gridmap.casePainting.BASE]);
    return Object.assign(page, {
      filling: { palette: gridmap.ground.GRID_COLOURS, colours: page.colours, alpha: 0.3 }, compoundPlaces: [], tilesStamp: '',
      asked: { stage: 'open', text: '', chosen: {}, order: 'newest', limit: LIMIT, offset: 0 }, board: null, places: [], seen: null,
      chosen: null, chosenGrid: null, chosenPlace: null, heat: null, tool: null, talk: gridmap.caseTalk,
      calm: window.matchMedia('(prefers-reduced-motion: reduce)').matches
    });
  }

  function surfaces(page, map) {
    const store = gridmap.tiles.store(() => page.redraw());
    const layers = [new gridmap.Surface('ground', gridmap.casePainting.ground(page, store)),
      new gridmap.Surface('marks', (context, view) => gridmap.casePainting.marks(context, view, page))];
    page.redraw = () => layers.forEach((layer) => layer.redraw());
    layers.forEach((layer) => layer.addTo(map));
  }

  function say(page) {
    return function (text, failed) {
      const box = byId('notice');
      box.textContent = text;
      box.classList.toggle('failed', Boolean(failed));
      box.hidden = false;
      window.clearTimeout(page.saying);
      page.saying = window.setTimeout(() => { box.hidden = true; }, failed ? 12000 : 5000);
    };
  }

  // --- the board -----------------------------------------------------------------------------------------------------

  function boarding(page) {
    const list = gridmap.caseList.create(page);
    page.list = list;
    const waiting = window.setTimeout(() => { byId('skeleton').hidden = page.board !== null; }, 200);
    page.refresh = page.talk.board(page, {
      took: function (board) {
        window.clearTimeout(waiting);
        if (board) {
          page.board = board;
          page.places = gridmap.casePainting.places(board);
          if (page.seen === null) page.seen = board.registered;
          fresh(page, board.registered - page.seen);
          page.redraw();
        }
        if (page.board) list.show(page.board);
      },
      failed: function (error) {
        window.clearTimeout(waiting);
        list.failed('列表暂时没有更新：' + page.talk.why(error) + (page.board ? '下面是上一次的内容，稍后自动重试。' : '稍后自动重试。'));
      }
    });
    page.ask = function (changes) {
      Object.assign(page.asked, { offset: 0 }, changes);
      page.refresh();
    };
    page.choose = function (facet, value) {
      const words = page.asked.chosen[facet] || [];
      const now = words.includes(value) ? words.filter((word) => word !== value) : [...words, value];
      page.ask({ chosen: { ...page.asked.chosen, [facet]: now } });
    };
    page.clear = function () {
      byId('seek').value = '';
      page.ask({ chosen: {}, text: '' });
    };
  }

  function fresh(page, count) {
    const box = byId('fresh');
    const words = count > 0 ? '新登记事件 ' + count + ' 件' : '';
    if (words && box.textContent !== words + '，点此查看') byId('status').textContent = words;
    box.hidden = !words;
    box.textContent = words && words + '，点此查看';
    document.title = (count > 0 ? '（' + count + '）' : '') + '事件办理';
  }

  function filters(page) {
    let typing = 0;
    byId('seek').addEventListener('input', function () {
      window.clearTimeout(typing);
      typing = window.setTimeout(() => page.ask({ text: this.value.trim() }), 250);
    });
    for (const button of document.querySelectorAll('[data-stage]')) button.addEventListener('click', () => page.ask({ stage: button.dataset.stage }));
    byId('order').addEventListener('change', function () { page.ask({ order: this.value }); });
    byId('clear').addEventListener('click', page.clear);
    byId('more-filters').addEventListener('click', function () {
      byId('filters').hidden = !byId('filters').hidden;
      this.setAttribute('aria-expanded', String(!byId('filters').hidden));
    });
    byId('previous').addEventListener('click', () => page.ask({ offset: Math.max(0, page.asked.offset - LIMIT) }));
    byId('next').addEventListener('click', () => page.ask({ offset: page.asked.offset + LIMIT }));
    byId('fresh').addEventListener('click', function () {
      page.seen = page.board.registered;
      fresh(page, 0);
      byId('order').value = 'newest';
      byId('seek').value = '';
      page.ask({ stage: 'open', order: 'newest', chosen: {}, text: '' });
      byId('rows').scrollTop = 0;
      byId('list-title').focus();
    });
  }

  // --- the panel -----------------------------------------------------------------------------------------------------

  function panel(page, map) {
    let latest = 0;

    page.showGrid = function (code) {
      page.chosenGrid = code || null;
      page.redraw();
    };
    page.showFile = function (title, ...content) {
      latest += 1;
      page.chosen = null;
      byId('file').hidden = false;
      byId('file-title').textContent = title;
      byId('file-body').replaceChildren(...content);
      page.list.current();
      page.redraw();
    };
    // id: id or number; line: the line of the list that was pressed; begin: a move whose form is to stand open
    page.open = async function (id, line, begin) {
      const mine = ++latest;
      page.back = line || page.back;
      byId('file').hidden = false;
      if (page.chosen !== id) gridmap.caseFile.loading();
      try {
        const history = await page.talk.history(id);
        if (mine !== latest) return;
        const { incident } = history;
        page.chosen = incident.id;
        page.chosenPlace = incident.lon === null ? null : { lng: incident.lon, lat: incident.lat, clock: gridmap.caseFile.CLOSED.has(incident.state) ? '' : incident.case ? incident.case.clock : '正常' };
        gridmap.caseFile.show(page, history, begin);
        byId('file-body').scrollTop = 0;
        window.history.replaceState(null, '', '#' + encodeURIComponent(incident.number));
        page.list.current();
        page.showGrid(incident.assignment && incident.assignment.grid_code);
        page.bring();
        if (!begin) byId('file-title').focus({ preventScroll: true });
        byId('status').textContent = '已打开 ' + incident.number;
      } catch (error) {
        if (mine === latest) gridmap.caseFile.failed(page.talk.why(error), () => page.open(id, line, begin));
      }
    };
    page.close = function () {
      latest += 1;
      const id = page.chosen;
      byId('file').hidden = true;
      page.chosen = page.chosenPlace = null;
      page.showGrid(null);
      page.list.current();
      window.history.replaceState(null, '', window.location.pathname);
      const line = (id && page.list.lineOf(id)) || page.back;
      if (line && line.isConnected) line.focus();
      else byId('list-title').focus();
    };
    page.moved = async function (history, move, done) {
      page.say(done.approval ? move.name + '已提交，等待审批。' : move.name + '完成，现为“' + done.state + '”。');
      page.refresh();
      await page.open(history.incident.id, null, move.name === '受理' || move.name === '立案' ? next(history) : undefined);
    };
    // A colleague was quicker: nothing was done, and the case is shown as it is now. True when that is what went wrong.
    page.overtaken = function (history, error, form) {
      if (!error.problem || error.problem.code !== 'stale_case') return false;
      const newer = error.problem.evidence.newer || [];
      const last = newer[newer.length - 1];
      page.say('同事' + (last ? '（' + last.role + '）刚刚办理了“' + last.move + '”' : '刚刚办理过这件事件') +
        '，您这一步没有执行；事件已重新读取，请看清后再办。', true);
      page.refresh();
      page.open(history.incident.id, null, form && form.getAttribute('aria-label')).then(() => form && gridmap.caseMoves.keep(form));
      return true;
    };
    page.reported = async function (incident) {
      page.seen = page.seen === null ? null : page.seen + 1; // one's own report is no news
      const grid = incident.assignment && incident.assignment.grid_name;
      page.say('已登记 ' + incident.number + '，' + incident.status + (grid ? '：' + grid : '') + (incident.why ? '。' + incident.why : '') + '。');
      page.refresh();
      await page.open(incident.id);
    };
    page.bring = () => page.chosenPlace && bring(map, page);
    byId('file-close').addEventListener('click', page.close);
  }

  // After it was taken, it is given to somebody: that form stands open.
  const next = (history) => history.incident.source === '数字城管' ? '派遣' : '派单';

  // The place is shown beside the panel, not under it.
  function bring(map, page) {
    if (isPhone()) return;
    const at = map.latLngToContainerPoint(page.chosenPlace), size = map.getSize();
    const free = size.x - byId('file').offsetWidth;
    if (at.x > 40 && at.x < free - 40 && at.y > 60 && at.y < size.y - 40) return;
    map.panBy([at.x - free / 2, at.y - size.y / 2], { animate: !page.calm });
  }

  // --- the map -------------------------------------------------------------------------------------------------------

  function tools(page, map) {
    page.useTool = function (text, use, blank) {
      page.tool = use;
      byId('doing-text').textContent = text;
      byId('doing-blank').hidden = !blank;
      byId('doing').hidden = byId('crosshair').hidden = false;
      document.body.classList.add('using-tool');
      view('map');
      map.getContainer().focus();
    };
    page.leaveTool = function () {
      page.tool = null;
      byId('doing').hidden = byId('crosshair').hidden = true;
      document.body.classList.remove('using-tool');
    };
    page.pickGrid = function (take) {
      page.useTool('点要派给的网格；用键盘时移动地图，按 Enter 取十字处。', function (at) {
        const x = worldX(at.lng), y = worldY(at.lat);
        const index = page.document.grids.findIndex((_, i) => contains(page.grids, i, x, y));
        if (index >= 0) {
          take(page.document.grids[index].code);
          return;
        }
        page.say('这里不在任何网格内，请再点一次。', true);
        page.pickGrid(take);
      }, false);
    };
    byId('doing-leave').addEventListener('click', page.leaveTool);
    const use = function (at) {
      const used = page.tool;
      page.leaveTool();
      used(at);
    };
    map.on('click', function (event) {
      if (page.tool) return use(event.latlng);
      return page.heat ? undefined : hit(page, map, event);
    });
    map.getContainer().addEventListener('keydown', function (event) {
      if (event.key !== 'Enter' || !page.tool) return;
      event.preventDefault();
      use(map.getCenter());
    });
  }

  // Cases at one place are opened one after the other.
  function hit(page, map, event) {
    const reach = window.matchMedia('(pointer: coarse)').matches ? 22 : 12;
    const scale = map.options.crs.scale(map.getZoom());
    const x = worldX(event.latlng.lng), y = worldY(event.latlng.lat);
    const found = page.places.filter((place) => Math.hypot(place.x - x, place.y - y) * scale <= reach).reverse();
    if (!found.length) return;
    const at = found.findIndex((place) => place.id === page.chosen);
    const place = found[(at + 1) % found.length];
    if (found.length > 1) page.say('此处有 ' + found.length + ' 件，再点看下一件。');
    page.open(place.id, page.list.lineOf(place.id));
  }

  function view(name) {
    document.body.dataset.view = name;
    for (const button of document.querySelectorAll('[data-view]')) {
      if (button !== document.body) button.setAttribute('aria-pressed', String(button.dataset.view === name));
    }
    gridmap.map.invalidateSize({ animate: false });
  }

  function keys(page) {
    document.addEventListener('keydown', function (event) {
      if (event.key === 'Escape') {
        if (page.tool) page.leaveTool();
        else if (!byId('file').hidden) page.close();
        else if (document.activeElement === byId('seek')) byId('seek').blur();
        return;
      }
      const writing = event.target.closest('input, textarea, select');
      if (event.key === '/' && !writing) {
        event.preventDefault();
        byId('seek').focus();
      }
      const inList = event.target === document.body || event.target.closest('.board') && (!writing || writing.id === 'seek');
      if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && inList) {
        event.preventDefault();
        page.list.step(event.key === 'ArrowDown' ? 1 : -1);
      }
    });
  }

  function start(map) {
    const page = read();
    gridmap.page = page;
    gridmap.map = map;
    gridmap.view.panes(map);
    const [west, south, east, north] = page.document.bounds;
    const whole = () => map.fitBounds([[south, west], [north, east]], { padding: [24, 24], animate: false });
    document.body.dataset.view = 'list';
    whole();
    surfaces(page, map);
    page.say = say(page);
    gridmap.notice = (text) => page.say(text, true);
    boarding(page);
    filters(page);
    panel(page, map);
    tools(page, map);
    gridmap.caseReport.create(page, map);
    gridmap.caseHeat.create(page, map);
    keys(page);
    byId('zoom-in').addEventListener('click', () => map.zoomIn());
    byId('zoom-out').addEventListener('click', () => map.zoomOut());
    byId('zoom-all').addEventListener('click', whole);
    let drawn = !isPhone();
    for (const button of document.querySelectorAll('button[data-view]')) {
      button.addEventListener('click', function () {
        view(button.dataset.view);
        if (!drawn && button.dataset.view === 'map') whole();
        drawn = true;
      });
    }
    const named = decodeURIComponent(window.location.hash.slice(1));
    page.talk.ladder().then(function ({ profiles }) {
      page.ladder = profiles.default;
      page.refresh();
      if (named) page.open(named);
    }, (error) => page.list.failed('页面没有读到办理步骤：' + page.talk.why(error) + '请刷新重试。'));
  }

  return { start };
})();
