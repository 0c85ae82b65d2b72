// A base map from a tile server that the administrator has set: Tianditu, or a server whose tiles are shifted to GCJ-02.
// Without that setting there is no switch, and nothing is asked for. The data is never moved: the pictures are, tile by
// tile, drawn on canvases whose places are ours.
gridmap.backdrop = (function () {
  'use strict';

  const { element } = gridmap.panel;
  const SIDE = 256; // pixels of a tile
  const KEPT = 200; // pictures
  const CURVED = 12; // below this zoom a tile of degrees is bent in ours: it is drawn in strips
  const STRIPS = 16;
  const OURS = ['roads', 'waters', 'railways', 'buildings']; // of the base map; a picture of the land shows them too
  const CHOICE = 'gridmap.backdrop';

  // GCJ-02 against WGS84 in degrees; the constants of gridmap/datum/shift.py, which a test compares.
  function shift(lng, lat) {
    const { PI, sin, sqrt, abs, cos } = Math;
    const A = 6378245, EE = 0.00669342162296594323;
    const x = lng - 105, y = lat - 35;
    const common = 20 * sin(6 * PI * x) + 20 * sin(2 * PI * x);
    const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + (common + 20 * sin(PI * y) +
      40 * sin(PI / 3 * y) + 160 * sin(PI / 12 * y) + 320 * sin(PI / 30 * y)) * 2 / 3;
    const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + (common + 20 * sin(PI * x) +
      40 * sin(PI / 3 * x) + 150 * sin(PI / 12 * x) + 300 * sin(PI / 30 * x)) * 2 / 3;
    const phi = lat * PI / 180, magic = 1 - EE * sin(phi) * sin(phi);
    return [east * sqrt(magic) / (A * cos(phi)) * 180 / PI, north * magic * sqrt(magic) / (A * (1 - EE)) * 180 / PI];
  }

  const mercator = (latlng, z) => L.CRS.EPSG3857.latLngToPoint(latlng, z);

  // Which part of the server's picture of the world, in its pixels, belongs into which part of a tile of ours:
  // [left, top, width, height, y in our tile, height in our tile].
  const parts = {
    w: ({ x, y }) => [[x * SIDE, y * SIDE, SIDE, SIDE, 0, SIDE]],
    // Web Mercator of shifted positions: the shift in the middle of a tile serves all of it, to half a pixel.
    gcj02: function ({ x, y, z }) {
      const at = L.CRS.EPSG3857.pointToLatLng(L.point(x + 0.5, y + 0.5).multiplyBy(SIDE), z);
      const [east, north] = shift(at.lng, at.lat);
      const by = mercator(L.latLng(at.lat + north, at.lng + east), z).subtract(mercator(at, z));
      return [[x * SIDE + by.x, y * SIDE + by.y, SIDE, SIDE, 0, SIDE]];
    },
    // Degrees (matrix set c, EPSG:4490): columns are as wide as ours, rows are not as high.
    c: function ({ x, y, z }) {
      const strips = z < CURVED ? STRIPS : 1;
      const row = function (pixel) {
        const { lat } = L.CRS.EPSG3857.pointToLatLng(L.point(0, pixel), z);
        return (90 - lat) * SIDE * Math.pow(2, z) / 360;
      };
      return Array.from({ length: strips }, function (_, i) {
        const from = i * SIDE / strips, to = from + SIDE / strips;
        const top = row(y * SIDE + from);
        return [x * SIDE, top, SIDE, row(y * SIDE + to) - top, from, to - from];
      });
    }
  };

  function pictures() {
    const kept = new Map(); // address -> promise of an image; the oldest first
    return function (address) {
      let found = kept.get(address);
      if (found) kept.delete(address);
      else {
        found = new Promise(function (resolve) {
          const image = new Image();
          image.onload = () => resolve(image);
          image.onerror = () => {
            kept.delete(address);
            resolve(null); // a tile that is missing leaves the ground bare
          };
          image.src = address;
        });
      }
      kept.set(address, found);
      if (kept.size > KEPT) kept.delete(kept.keys().next().value);
      return found;
    };
  }

  const Tiles = L.GridLayer.extend({
    initialize: function (settings) {
      L.setOptions(this, { pane: 'backdrop', maxNativeZoom: settings.max_zoom, maxZoom: 20 });
      this._settings = settings;
      this._picture = pictures();
    },

    createTile: function (coords, done) {
      const canvas = L.DomUtil.create('canvas', 'leaflet-tile');
      canvas.width = canvas.height = SIDE;
      this._draw(canvas.getContext('2d'), coords).then(() => done(null, canvas), (error) => done(error, canvas));
      return canvas;
    },

    // Pictures are first laid side by side on whole pixels: laid at their shifted places, seams would show between them.
    _draw: async function (context, coords) {
      for (const template of this._settings.urls) {
        for (const [left, top, width, height, y, tall] of parts[this._settings.kind](coords)) {
          const first = [left, top].map((at) => Math.floor(at / SIDE));
          const count = [left + width, top + height].map((end, axis) => Math.ceil((end - 1e-6) / SIDE) - first[axis]);
          const wanted = Array.from({ length: count[0] * count[1] }, (_, i) => [i % count[0], Math.floor(i / count[0])]);
          const images = await Promise.all(wanted.map(([column, row]) =>
            this._picture(L.Util.template(template, { x: first[0] + column, y: first[1] + row, z: coords.z }))));
          const sheet = document.createElement('canvas');
          sheet.width = count[0] * SIDE;
          sheet.height = count[1] * SIDE;
          const under = sheet.getContext('2d');
          images.forEach(function (image, i) {
            if (image) under.drawImage(image, wanted[i][0] * SIDE, wanted[i][1] * SIDE, SIDE, SIDE);
          });
          context.drawImage(sheet, left - first[0] * SIDE, top - first[1] * SIDE, width, height, 0, y, SIDE, tall);
        }
      }
    }
  });

  function start(page, map) {
    const settings = page.document.backdrop;
    if (!settings) return;
    map.createPane('backdrop').style.zIndex = 150;
    const layer = new Tiles(settings);
    const credit = element('p', { class: 'backdrop-credit', hidden: '' }, settings.credit);
    document.getElementById('map_overview').after(credit);
    const box = element('input', { type: 'checkbox', id: 'backdrop' });
    document.getElementById('layers-body').append(element('fieldset', {}, element('legend', {}, '底图'),
      element('div', { class: 'rows' }, element('label', { class: 'layer' }, box, element('span', {}, settings.name)))));
    function show(on) {
      page.backdrop = on;
      credit.hidden = !on;
      if (on) layer.addTo(map);
      else layer.remove();
      for (const kind of OURS) {
        const ours = document.querySelector('[data-layer="' + kind + '"]');
        if (ours && ours.checked === on) ours.click();
      }
      page.redraw();
    }
    box.addEventListener('change', function () {
      localStorage.setItem(CHOICE, box.checked ? 'on' : 'off');
      show(box.checked);
    });
    map.whenReady(function () {
      box.checked = localStorage.getItem(CHOICE) === 'on';
      if (box.checked) show(true);
    });
  }

  return { start, shift };
})();
