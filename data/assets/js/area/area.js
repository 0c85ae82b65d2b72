// The area map of one grid: ties map, position, lists and sheet together.
gridmap.area = (function () {
  'use strict';

  const { project, shapes, bounds } = gridmap.geometry;
  const SHOWN = ['communities', 'grids', 'compounds', 'buildings', 'roads', 'waters', 'railways'];
  const HEAD = 12; // pixels kept free around the grid
  const TOOLS = 60; // pixels at the foot of the map where the buttons are
  const LEAST = 120; // pixels of height that a grid is drawn in, come what may

  function read() {
    const data = JSON.parse(document.getElementById('gridmap-data').textContent);
    const columns = gridmap.columns.read(data.columns, 'gridmap-columns');
    const located = (name) => project(columns[name + '.x'] || [], columns[name + '.y'] || [], data.origin, data.unit);
    const page = gridmap.view.land(data, columns, SHOWN);
    page.base = data.base.map((layer) => ({ kind: layer.kind, names: layer.names,
      shapes: shapes(columns, layer.kind, data.origin, data.unit), classes: columns[layer.kind + '.classes'],
      areas: columns[layer.kind + '.areas'], middles: located(layer.kind + '.labels') }));
    page.labels.radius = [0]; // the page's head names the grid
    page.filling = { palette: gridmap.ground.GRID_COLOURS, colours: page.colours, alpha: 0.38 };
    page.land = gridmap.position.borders(data, columns);
    return page;
  }

  const calm = () => window.matchMedia('(prefers-reduced-motion: reduce)').matches;

  // Puts a place into the middle of what the sheet leaves of the map.
  function bring(at, zoom) {
    const { map } = gridmap;
    const point = map.project(at, zoom).add([0, gridmap.sheet.covered() / 2]);
    map.setView(map.unproject(point, zoom), zoom, { animate: !calm() });
  }

  // Shows the grid, and with it a place outside of it.
  function whole(page, map, place) {
    const land = L.latLngBounds(bounds(page.grids, 0));
    const below = Math.max(0, Math.min(gridmap.sheet.covered(), map.getSize().y - LEAST)); // a sheet may cover it all
    const above = place ? document.getElementById('position').offsetHeight + HEAD : 0; // what is said about the place
    map.fitBounds(place ? land.extend(place) : land, { paddingTopLeft: [HEAD, HEAD + above],
      paddingBottomRight: [HEAD, below + HEAD + (place ? TOOLS : 0)], animate: false });
  }

  function choosing(page, map) {
    const ring = L.layerGroup().addTo(map);
    return function (record, fromMap) {
      ring.clearLayers();
      page.lists.mark(record, fromMap);
      if (record.lon === null) {
        document.getElementById('status').textContent = record.title + '，待定位';
        return;
      }
      if (gridmap.sheet.height() !== 'half') gridmap.sheet.set('half');
      const at = [record.lat, record.lon];
      ring.addLayer(L.circleMarker(at, { pane: 'chosen', interactive: false, radius: 16, color: '#FFFFFF', weight: 7, fill: false }));
      ring.addLayer(L.circleMarker(at, { pane: 'chosen', interactive: false, radius: 16, color: '#1F5FBF', weight: 4, fill: false }));
      if (!fromMap) bring(at, Math.max(map.getZoom(), 18));
      document.getElementById('status').textContent = '地图上已标出 ' + record.title;
    };
  }

  function click(page, map, choose, event) {
    const zoom = map.getZoom();
    const found = gridmap.marks.hit(page, map.project(event.latlng, zoom), { zoom, scale: map.options.crs.scale(zoom) }, 22);
    const record = found && page.lists.record(found.ids[found.indices[0]]);
    if (record) choose(record, true);
  }

  function start(map) {
    const page = read();
    gridmap.page = page;
    gridmap.map = map;
    gridmap.view.panes(map);
    map.createPane('chosen').style.zIndex = 460;
    const surfaces = [
      new gridmap.Surface('ground', (context, view) => gridmap.ground.paint(context, view, page)),
      new gridmap.Surface('marks', function (context, view) {
        gridmap.marks.paint(context, view, page);
        gridmap.labels.paint(context, view, page);
      })
    ];
    page.redraw = () => surfaces.forEach((surface) => surface.redraw());
    const choose = choosing(page, map);
    page.lists = gridmap.lists.start(page, choose);
    gridmap.sheet.set('half');
    whole(page, map);
    map.setMinZoom(Math.max(2, map.getZoom() - 3)); // a bearer within FAR and the grid fit on the map
    for (const surface of surfaces) surface.addTo(map);
    gridmap.sheet.start(page.lists.open);
    gridmap.position.start(map, page.land);
    document.getElementById('whole').addEventListener('click', () => whole(page, map));
    map.on('click', (event) => click(page, map, choose, event));
  }

  const both = (at) => whole(gridmap.page, gridmap.map, at);

  return { start, bring, both };
})();
