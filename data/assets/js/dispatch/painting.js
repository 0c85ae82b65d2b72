// How the map looks: the land, cases as shapes that differ by clock, the case that is open, and the heat.
gridmap.casePainting = (function () {
  'use strict';

  const { worldX, worldY, trace } = gridmap.geometry;
  const COLOURS = { 正常: '#2F855A', 临期: '#975A16', 超期: '#C53030', '': '#667382' };
  const ORDER = ['', '正常', '临期', '超期']; // the last lie on top
  const HEAT = ['#FDE9D9', '#F9C9A0', '#F2A067', '#DD6B20', '#9C4010'];
  const INK = '#1F2933', ACCENT = '#1F5FBF';
  const BASE = ['waters', 'compounds', 'buildings', 'roads', 'railways'];

  function shape(context, clock, x, y, r) {
    context.beginPath();
    if (clock === '超期') context.rect(x - r, y - r, 2 * r, 2 * r);
    else if (clock === '临期') {
      context.moveTo(x, y - 1.25 * r);
      context.lineTo(x + 1.2 * r, y + 0.95 * r);
      context.lineTo(x - 1.2 * r, y + 0.95 * r);
      context.closePath();
    } else context.arc(x, y, r, 0, 7);
  }

  function symbol(context, clock, x, y, r) {
    shape(context, clock, x, y, r);
    context.lineWidth = 3;
    context.lineJoin = 'round';
    context.strokeStyle = '#FFFFFF';
    context.stroke();
    context.fillStyle = COLOURS[clock] || COLOURS[''];
    context.fill();
  }

  function places(board) {
    const found = board.places.map(([id, lon, lat, clock, number]) => ({ id, clock, number, x: worldX(lon), y: worldY(lat) }));
    return found.sort((a, b) => ORDER.indexOf(a.clock) - ORDER.indexOf(b.clock));
  }

  const stepOf = (count, most) => Math.min(HEAT.length - 1, Math.floor(HEAT.length * Math.log(count) / Math.log(most + 1)));

  function heat(context, view, found) {
    const most = found.cells.length ? found.cells[0].count : 1;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    for (const cell of found.cells) {
      const corners = cell.ring.map(([lon, lat]) => [worldX(lon) * view.scale - view.left, worldY(lat) * view.scale - view.top]);
      context.beginPath();
      corners.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
      context.closePath();
      context.globalAlpha = 0.72;
      context.fillStyle = HEAT[stepOf(cell.count, most)];
      context.fill();
      context.globalAlpha = 1;
      const side = Math.abs(corners[1][0] - corners[0][0]);
      if (side < 22) continue;
      const [x, y] = [0, 1].map((k) => (corners[0][k] + corners[2][k]) / 2);
      context.font = '600 ' + (side < 40 ? 11 : 13) + 'px ' + gridmap.labels.FONT;
      context.lineWidth = 3;
      context.strokeStyle = 'rgba(255, 255, 255, 0.9)';
      context.strokeText(cell.count, x, y);
      context.fillStyle = INK;
      context.fillText(cell.count, x, y);
    }
  }

  function outlined(context, view, page, code, colour) {
    const index = page.document.grids.findIndex((grid) => grid.code === code);
    if (index < 0) return;
    context.beginPath();
    trace(context, page.grids, index, view, true);
    context.lineWidth = 3.5;
    context.lineJoin = 'round';
    context.strokeStyle = colour;
    context.stroke();
  }

  function marks(context, view, page) {
    gridmap.labels.paint(context, view, page);
    if (page.chosenGrid) outlined(context, view, page, page.chosenGrid, ACCENT);
    if (page.heat) heat(context, view, page.heat);
    const r = view.zoom < 14 ? 5 : 7;
    let chosen = null;
    for (const place of page.heat ? [] : page.places) {
      const x = place.x * view.scale - view.left, y = place.y * view.scale - view.top;
      if (x < -12 || y < -12 || x > view.width + 12 || y > view.height + 12) continue;
      symbol(context, place.clock, x, y, r);
      if (place.id === page.chosen) chosen = { x, y, place };
    }
    if (!chosen && page.chosenPlace) {
      chosen = { x: worldX(page.chosenPlace.lng) * view.scale - view.left, y: worldY(page.chosenPlace.lat) * view.scale - view.top,
        place: { clock: page.chosenPlace.clock } };
    }
    if (!chosen) return;
    symbol(context, chosen.place.clock, chosen.x, chosen.y, r + 2);
    context.beginPath();
    context.arc(chosen.x, chosen.y, 17, 0, 7);
    context.lineWidth = 3;
    context.strokeStyle = ACCENT;
    context.stroke();
  }

  // Tiles of the base map as ground.js and labels.js want them.
  function ground(page, store) {
    return function (context, view) {
      store.begin();
      const z = gridmap.tiles.baseZoom(view);
      const found = BASE.flatMap((kind) => store.of(kind, view, z));
      page.base = BASE.flatMap((kind) => store.of(kind, view, z).map(({ data, clip }) => ({ kind, clip, shapes: data.set,
        names: data.names, areas: data.areas, classes: data.classes, middles: data.middles })));
      page.compoundPlaces = [];
      page.tilesStamp = found.map((tile) => tile.key + (tile.whole ? '' : '~')).join(' ');
      store.end();
      gridmap.ground.paint(context, view, page);
    };
  }

  return { ground, marks, places, BASE, HEAT, stepOf };
})();
