// The overview page: reads its data, draws it, and ties map, panel, search and layers together.
gridmap.overview = (function () {
  'use strict';

  const { project, shapes } = gridmap.geometry;
  const FIRST_SHOWN = ['communities', 'grids', 'compounds', 'buildings', 'roads', 'waters', 'railways', 'households',
    'key_places', 'incidents'];

  function read() {
    const data = JSON.parse(document.getElementById('gridmap-data').textContent);
    const columns = gridmap.columns.read(data.columns, 'gridmap-columns');
    const names = gridmap.columns.json('gridmap-labels');
    const located = (name) => project(columns[name + '.x'] || [], columns[name + '.y'] || [], data.origin, data.unit);
    const page = gridmap.view.land(data, columns, FIRST_SHOWN);
    page.base = data.base.map((layer) => ({ kind: layer.kind, names: layer.names,
      shapes: shapes(columns, layer.kind, data.origin, data.unit), classes: columns[layer.kind + '.classes'],
      areas: columns[layer.kind + '.areas'], middles: located(layer.kind + '.labels') }));
    page.points = data.points.map((layer) => ({ kind: layer.kind, count: layer.count, labels: names[layer.kind],
      ...located(layer.kind) }));
    return page;
  }

  function start(map) {
    const page = read();
    gridmap.view.panes(map);
    gridmap.view.start(map, page, [
      new gridmap.Surface('ground', (context, view) => gridmap.ground.paint(context, view, page)),
      new gridmap.Surface('marks', function (context, view) {
        gridmap.marks.paint(context, view, page);
        gridmap.labels.paint(context, view, page);
      })
    ]);
  }

  return { start };
})();
