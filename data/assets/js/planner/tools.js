// The gestures of a planner. A tool ends in one operation for the server: ids of blocks and grids, or one line.
gridmap.tools = (function () {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const STEP = 6; // pixels between the points of a drag
  const WORDS = {
    cut: '逐点画线，从一侧边界外画到另一侧边界外；双击或按“完成”结束。先选了网格就只拆分它，否则拆分线穿过的所有网格',
    reshape: '先点要扩大的网格，再点相邻网格，然后逐点画新的边界线',
    merge: '依次点要合并的网格，第一个保留编码；按“完成”合并',
    transfer: '先点接收的网格，再点要划入的基本单元（按住 Shift 或用手指可涂抹）；按“完成”划入',
    new_grid: '点组成新网格的基本单元（按住 Shift 或用手指可涂抹）；按“完成”新设',
    push: '在网格内按住，拖过边界，经过的基本单元划入该网格；键盘：先选网格，回车逐个选取'
  };

  function create(page, map, send) {
    const drawn = L.layerGroup([]).addTo(map);
    const tool = { name: 'choose', points: [], grids: [], blocks: new Set(), stroke: null };

    function draw(ahead) {
      drawn.clearLayers();
      const style = { color: '#1F5FBF', weight: 3, interactive: false, pane: 'tools' };
      const line = ahead ? [...tool.points, ahead] : tool.points;
      if (line.length > 1) {
        drawn.addLayer(L.polyline(line, { ...style, color: '#FFFFFF', weight: 6 }));
        drawn.addLayer(L.polyline(line, style));
      }
      for (const point of tool.name === 'push' ? [] : tool.points) {
        drawn.addLayer(L.circleMarker(point, { ...style, radius: 4, fillColor: '#FFFFFF', fillOpacity: 1 }));
      }
      page.chosen = tool.name === 'choose' ? page.chosen : tool.grids.slice();
      page.chosenBlocks = tool.blocks;
      page.redraw();
      say();
    }

    function say() {
      byId('doing').hidden = tool.name === 'choose';
      if (tool.name === 'choose') return;
      const parts = [WORDS[tool.name]];
      if (tool.grids.length) parts.push('已选 ' + tool.grids.map((id) => page.nameOf(id)).join('、'));
      if (tool.blocks.size) parts.push('基本单元 ' + tool.blocks.size + ' 个');
      if (tool.points.length && tool.name !== 'push') parts.push(tool.points.length + ' 点');
      byId('doing-text').textContent = parts.join('；');
      byId('doing-done').disabled = !operation();
    }

    // What would be sent now; null while something is missing.
    function operation() {
      const line = tool.points.map((point) => [point.lng, point.lat]);
      const [first, second] = tool.grids;
      if (tool.name === 'new_grid') return tool.blocks.size ? { op: 'new_grid', blocks: Array.from(tool.blocks) } : null;
      if (tool.name === 'cut') return line.length > 1 ? { op: 'cut', line, ...(first ? { grid: first } : {}) } : null;
      if (tool.name === 'reshape') return second && line.length > 1 ? { op: 'reshape', a: first, b: second, line } : null;
      if (tool.name === 'merge') return second ? { op: 'merge', grids: tool.grids.slice(), into: first } : null;
      if (!first || !tool.blocks.size) return null;
      return { op: tool.name, blocks: Array.from(tool.blocks), to_grid: first };
    }

    function reset() {
      tool.points = [];
      tool.grids = [];
      tool.blocks = new Set();
      tool.stroke = null;
    }

    function use(name) {
      const keep = tool.name === 'choose' ? page.chosen.slice(0, 1) : [];
      reset();
      tool.name = name;
      if (!['choose', 'new_grid'].includes(name)) tool.grids = keep;
      page.busy = name !== 'choose';
      map.getContainer().classList.toggle('tool', page.busy);
      if (name === 'push') map.dragging.disable();
      else map.dragging.enable();
      if (name === 'choose') map.doubleClickZoom.enable();
      else map.doubleClickZoom.disable();
      for (const button of document.querySelectorAll('[data-tool]')) {
        button.setAttribute('aria-pressed', String(button.dataset.tool === name));
      }
      byId('crosshair').hidden = true;
      draw();
    }

    async function done() {
      const wanted = operation();
      if (!wanted) return;
      const kept = tool.name;
      if (await send(wanted)) use(kept); // a gesture that was refused stays, to be drawn better
    }

    function pick(latlng) {
      const grid = page.draft.at('grids', latlng);
      if (tool.name === 'cut' || (tool.name === 'reshape' && tool.grids.length === 2)) tool.points.push(latlng);
      else if (tool.name === 'merge' || tool.name === 'reshape') toggleGrid(grid);
      else if (grid && !tool.grids.length && tool.name !== 'new_grid') tool.grids = [grid.id];
      else toggleBlock(page.draft.at('blocks', latlng));
      draw();
    }

    function toggleGrid(grid) {
      if (!grid) return;
      const place = tool.grids.indexOf(grid.id);
      if (place >= 0) tool.grids.splice(place, 1);
      else tool.grids.push(grid.id);
    }

    function toggleBlock(block) {
      if (!block || block.grid === tool.grids[0]) return;
      if (tool.blocks.has(block.id)) tool.blocks.delete(block.id);
      else tool.blocks.add(block.id);
    }

    function back() {
      if (tool.points.length) tool.points.pop();
      else if (tool.blocks.size) tool.blocks.delete(Array.from(tool.blocks).pop());
      else tool.grids.pop();
      draw();
    }

    // A stroke: from the grid that takes, over the blocks that it takes. With 划入 it is a brush.
    function begin(event) {
      if (event.button > 0 || !['push', 'transfer', 'new_grid'].includes(tool.name)) return;
      if (event.target.closest('.leaflet-control, button')) return;
      const at = map.mouseEventToLatLng(event);
      const grid = page.draft.at('grids', at);
      if (tool.name === 'push') {
        if (!grid) return;
        reset();
        tool.grids = [grid.id];
      } else if ((tool.name === 'transfer' && !tool.grids.length) || (!event.shiftKey && event.pointerType === 'mouse')) return;
      tool.stroke = { at: map.mouseEventToContainerPoint(event) };
      if (tool.name !== 'push') map.dragging.disable();
      map.getContainer().setPointerCapture(event.pointerId);
      tool.points = tool.name === 'push' ? [at] : [];
      draw();
    }

    function move(event) {
      if (!tool.stroke) return;
      const here = map.mouseEventToContainerPoint(event);
      const from = tool.stroke.at, steps = Math.max(1, Math.ceil(from.distanceTo(here) / STEP));
      if (from.distanceTo(here) < STEP) return;
      for (let i = 1; i <= steps; i++) {
        const at = map.containerPointToLatLng(from.add(here.subtract(from).multiplyBy(i / steps)));
        const block = page.draft.at('blocks', at);
        if (block && block.grid !== tool.grids[0]) tool.blocks.add(block.id);
      }
      tool.stroke.at = here;
      if (tool.name === 'push') tool.points.push(map.containerPointToLatLng(here));
      draw();
    }

    function end() {
      if (!tool.stroke) return;
      tool.stroke = null;
      if (tool.name !== 'push') map.dragging.enable();
      tool.swallow = Date.now(); // the click that follows a stroke is not a pick
      if (tool.name === 'push') {
        if (tool.blocks.size) done();
        else use('push');
      }
    }

    function keys(event) {
      if (!page.busy) return;
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) done();
      else if (event.key === 'Enter') {
        byId('crosshair').hidden = false;
        pick(map.getCenter());
      } else if (event.key === 'Backspace') back();
      else return;
      event.preventDefault();
    }

    const box = map.getContainer();
    box.addEventListener('pointerdown', begin);
    box.addEventListener('pointermove', move);
    box.addEventListener('pointerup', end);
    box.addEventListener('pointercancel', end);
    box.addEventListener('keydown', keys);
    map.on('click', function (event) {
      if (!page.busy || tool.name === 'push' || Date.now() - (tool.swallow || 0) < 300) return;
      pick(event.latlng);
    });
    map.on('mousemove', (event) => tool.points.length && tool.name !== 'push' && draw(event.latlng));
    map.on('dblclick', function () {
      if (tool.name !== 'cut' && tool.name !== 'reshape') return;
      tool.points.pop(); // the second click of the two stood where the first did
      done();
    });
    for (const button of document.querySelectorAll('[data-tool]')) {
      button.addEventListener('click', () => use(button.dataset.tool === tool.name ? 'choose' : button.dataset.tool));
    }
    byId('doing-done').addEventListener('click', done);
    byId('doing-back').addEventListener('click', back);
    byId('doing-leave').addEventListener('click', () => use('choose'));
    document.addEventListener('keydown', function (event) {
      if (event.key === 'Escape' && page.busy) {
        use('choose');
        event.stopImmediatePropagation();
      }
    }, true);
    return { use, current: () => tool.name };
  }

  return { create };
})();
