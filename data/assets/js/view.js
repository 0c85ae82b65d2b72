// What the overview file and the live map have in common: the land they read, the view, the selection, the controls.
gridmap.view = (function () {
  'use strict';

  const { worldX, worldY, project, shapes, contains, bounds, latLngs } = gridmap.geometry;
  const byId = (id) => document.getElementById(id);
  const isPhone = () => window.matchMedia('(max-width: 720px)').matches;

  // The land that the page carries: outline, communities and grids with their labels, and what lies around it.
  function land(data, columns, shown) {
    const make = (name) => shapes(columns, name, data.origin, data.unit);
    const page = {
      document: data,
      outline: make('outline'),
      communities: make('communities'),
      grids: make('grids'),
      colours: columns['grids.colours'] || [],
      measureIndex: Object.fromEntries(data.measures.map(([key], i) => [key, i])),
      shown: new Set(shown),
      selection: null,
      base: [],
      points: []
    };
    if (columns['neighbours.rings']) {
      page.borders = make('borders');
      page.neighbours = { ...make('neighbours'), middles: project(columns['neighbours.labels.x'],
        columns['neighbours.labels.y'], data.origin, data.unit) };
    }
    const labels = project(columns['grids.labels.x'] || [], columns['grids.labels.y'] || [], data.origin, data.unit);
    page.labels = { x: labels.x, y: labels.y, radius: Array.from(columns['grids.radii'] || [], (value) => value / 10) };
    page.metreAtOne = 1 / (40075016.686 * Math.cos((data.bounds[1] + data.bounds[3]) / 2 * Math.PI / 180));
    return page;
  }

  // Paddings that surely keep a place off the panels over the map.
  function margins() {
    const stage = byId('map_overview').getBoundingClientRect();
    const bottom = isPhone() ? stage.bottom - byId('panel').getBoundingClientRect().top + 12
      : stage.bottom - byId('legend-body').closest('section').getBoundingClientRect().top + 12;
    return { paddingTopLeft: [isPhone() ? 12 : 72, 68], paddingBottomRight: [isPhone() ? 12 : 24, Math.max(12, bottom)] };
  }

  // Would anything that floats over the map hide land in this view?
  function covers(page, map, { center, zoom }) {
    const stage = byId('map_overview').getBoundingClientRect();
    const scale = map.options.crs.scale(zoom);
    const corner = map.project(center, zoom).subtract(map.getSize().divideBy(2));
    const steps = [0, 0.2, 0.4, 0.6, 0.8, 1];
    return ['.search', '.zoom', '.legend', '.panel', '.layers'].some(function (selector) {
      const box = document.querySelector(selector).getBoundingClientRect();
      return steps.some((u) => steps.some((v) => contains(page.outline, 0,
        (corner.x + box.left + u * box.width - stage.left) / scale,
        (corner.y + box.top + v * box.height - stage.top) / scale)));
    });
  }

  // The largest view of the whole land that shows all of it.
  function wholeView(page, map) {
    const [west, south, east, north] = page.document.bounds;
    const land = L.latLngBounds([[south, west], [north, east]]);
    const views = [[[20, 20], [20, 20]], [[20, 68], [20, 20]], [[72, 68], [20, 48]]].map(([first, last]) =>
      map._getBoundsCenterZoom(land, { paddingTopLeft: first, paddingBottomRight: last }));
    return views.find((view) => !covers(page, map, view)) || map._getBoundsCenterZoom(land, margins());
  }

  function highlight(page, map) {
    const layers = L.layerGroup([], {}).addTo(map);
    return function () {
      layers.clearLayers();
      if (!page.selection) return;
      const { level, index } = page.selection;
      const rings = latLngs(level === 'grid' ? page.grids : page.communities, index);
      if (!rings.length) return;
      const veil = [[[-85, -180], [-85, 180], [85, 180], [85, -180]], ...rings];
      const options = { interactive: false, pane: 'selection', smoothFactor: 0, fillRule: 'evenodd' };
      layers.addLayer(L.polygon(veil, { ...options, stroke: false, fillColor: '#FFFFFF', fillOpacity: 0.5 }));
      const fill = level === 'grid' ? gridmap.ground.fillOf(page, index) : null;
      layers.addLayer(L.polygon(rings, { ...options, color: gridmap.ground.INK, weight: level === 'grid' ? 3 : 4,
        fill: Boolean(fill), fillColor: fill, fillOpacity: 0.45 }));
    };
  }

  function gridAt(page, latlng) {
    const x = worldX(latlng.lng), y = worldY(latlng.lat);
    for (let i = 0; i < page.grids.count; i++) if (contains(page.grids, i, x, y)) return i;
    return -1;
  }

  function panes(map) {
    for (const [name, level] of [['ground', 250], ['selection', 350], ['marks', 450]]) {
      map.createPane(name).style.zIndex = level;
      map.getPane(name).style.pointerEvents = 'none';
    }
  }

  function readout(map) {
    const bar = document.querySelector('#scale i'), word = document.querySelector('#scale b');
    const coordinates = byId('coordinates');
    function scale() {
      const middle = map.getSize().y / 2;
      const most = map.distance(map.containerPointToLatLng([0, middle]), map.containerPointToLatLng([110, middle]));
      const power = Math.pow(10, Math.floor(Math.log10(most)));
      const metres = [5, 2, 1].map((step) => step * power).find((step) => step <= most);
      bar.style.width = Math.round(110 * metres / most) + 'px';
      word.textContent = metres < 1000 ? metres + ' 米' : metres / 1000 + ' 公里';
    }
    const place = (at) => { coordinates.textContent = at.lng.toFixed(5) + '°E  ' + at.lat.toFixed(5) + '°N'; };
    map.on('moveend', scale);
    map.on('mousemove', (event) => place(event.latlng));
    scale();
    place(map.getCenter());
  }

  function verbs(page, map, surfaces) {
    const draw = highlight(page, map);
    page.listOf = (level) => level === 'grid' ? page.document.grids : page.document.communities;
    page.itemOf = (selection) => page.listOf(selection.level)[selection.index];
    page.titleOf = (selection) => page.itemOf(selection).name;
    page.gridAt = (latlng) => gridAt(page, latlng);
    page.renew = () => gridmap.panel.show(page, page.selection, page.found); // the numbers may have changed
    page.redraw = () => surfaces.forEach((surface) => surface.redraw());
    page.whole = function () {
      const { center, zoom } = wholeView(page, map);
      map.setView(center, zoom, { animate: false });
    };
    page.select = function (selection, zoomTo, found) {
      page.selection = selection;
      page.found = found;
      draw();
      gridmap.panel.show(page, selection, found);
      if (selection && zoomTo) {
        const set = selection.level === 'grid' ? page.grids : page.communities;
        const calm = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
        if (set.ring[selection.index] !== set.ring[selection.index + 1]) {
          map.fitBounds(bounds(set, selection.index), { ...margins(), maxZoom: 17, animate: !calm });
        }
      }
      page.remember();
    };
  }

  function controls(page, map) {
    const press = (id, act) => byId(id).addEventListener('click', act);
    press('zoom-in', () => map.zoomIn());
    press('zoom-out', () => map.zoomOut());
    press('zoom-all', () => page.whole());
    document.addEventListener('keydown', function (event) {
      if (event.key === 'Escape' && page.selection) page.select(null);
    });
  }

  // The address bar holds the view: zoom/latitude/longitude/code, and what else the page has to say.
  function remember(page, map) {
    const centre = map.getCenter();
    const parts = [map.getZoom(), centre.lat.toFixed(5), centre.lng.toFixed(5)];
    const more = page.more ? page.more() : [];
    if (page.selection || more.length) parts.push(page.selection ? page.itemOf(page.selection).code : '');
    history.replaceState(null, '', '#' + [...parts, ...more].map(encodeURIComponent).join('/'));
  }

  function recall(page, map) {
    const [zoom, lat, lng, code, ...more] = location.hash.slice(1).split('/').map(decodeURIComponent);
    if (![zoom, lat, lng].every((part) => part && Number.isFinite(Number(part)))) return;
    map.setView([Number(lat), Number(lng)], Number(zoom), { animate: false });
    if (page.restore) page.restore(more);
    for (const level of ['grid', 'community']) {
      const index = page.listOf(level).findIndex((it) => it.code === code);
      if (index >= 0) page.select({ level, index });
    }
  }

  function click(page, map, event) {
    const reach = window.matchMedia('(pointer: coarse)').matches ? 22 : 12;
    const zoom = map.getZoom();
    const found = gridmap.marks.hit(page, map.project(event.latlng, zoom),
      { zoom, scale: map.options.crs.scale(zoom) }, reach);
    const index = gridAt(page, event.latlng);
    if (isPhone()) page.fold();
    page.select(index < 0 ? null : { level: 'grid', index: index }, false, found);
  }

  // Ties the parts together; `parts` begin once the page's verbs are there, before the map has its view.
  function start(map, page, surfaces, parts) {
    verbs(page, map, surfaces);
    page.remember = () => remember(page, map);
    gridmap.page = page;
    gridmap.map = map;
    gridmap.panel.start(page);
    gridmap.layers.start(page);
    gridmap.search.start(page);
    for (const part of parts || []) part.start(page, map);
    page.whole();
    map.setMinZoom(Math.max(2, map.getZoom() - 2));
    for (const surface of surfaces) surface.addTo(map);
    controls(page, map);
    readout(map);
    recall(page, map);
    map.on('click', function (event) {
      if (!page.busy) click(page, map, event); // a tool that is at work has the click
    });
    map.on('moveend', page.remember);
  }

  return { land, panes, start };
})();
