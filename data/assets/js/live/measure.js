// Distance and area by points on the map; the keyboard can take them in the middle.
gridmap.measure = (function () {
  'use strict';

  const byId = (id) => document.getElementById(id);

  // Metres east and north of the first point, on the ellipsoid of CGCS2000 (series for the length of a degree); good
  // to a few parts in a hundred thousand over a district.
  function metres(points) {
    const [first] = points;
    const latitude = points.reduce((sum, point) => sum + point.lat, 0) / points.length * Math.PI / 180;
    const north = 111132.954 - 559.822 * Math.cos(2 * latitude) + 1.175 * Math.cos(4 * latitude);
    const east = 111412.84 * Math.cos(latitude) - 93.5 * Math.cos(3 * latitude) + 0.118 * Math.cos(5 * latitude);
    return points.map((point) => [(point.lng - first.lng) * east, (point.lat - first.lat) * north]);
  }

  function distance(points) {
    const at = metres(points);
    return at.slice(1).reduce((sum, [x, y], i) => sum + Math.hypot(x - at[i][0], y - at[i][1]), 0);
  }

  function area(points) {
    const at = metres(points);
    return Math.abs(at.reduce((sum, [x, y], i) => {
      const [u, v] = at[(i + 1) % at.length];
      return sum + x * v - u * y;
    }, 0)) / 2;
  }

  function length(value) {
    return value < 1000 ? value.toFixed(value < 100 ? 1 : 0) + ' 米' : (value / 1000).toFixed(2) + ' 公里';
  }

  function surface(value) {
    return value < 10000 ? gridmap.panel.number(Math.round(value)) + ' 平方米' : (value / 10000).toFixed(2) + ' 公顷';
  }

  function start(page, map) {
    let points = [];
    const drawn = L.layerGroup([]).addTo(map);
    const style = { color: '#1F5FBF', weight: 2.5, fillColor: '#1F5FBF', fillOpacity: 0.12, interactive: false, pane: 'tools' };

    function draw() {
      drawn.clearLayers();
      if (points.length > 2) drawn.addLayer(L.polygon(points, { ...style, weight: 1, dashArray: '4 4' }));
      if (points.length > 1) drawn.addLayer(L.polyline(points, { ...style, fill: false }));
      for (const point of points) drawn.addLayer(L.circleMarker(point, { ...style, radius: 4, fillColor: '#FFFFFF', fillOpacity: 1 }));
      byId('measured').textContent = points.length < 2 ? (points.length ? '再取一点' : '在图上逐点点击')
        : '距离 ' + length(distance(points)) + (points.length > 2 ? '，围合面积 ' + surface(area(points)) : '');
    }

    function set(on) {
      page.busy = on;
      points = [];
      draw();
      byId('measuring').hidden = byId('crosshair').hidden = !on;
      byId('measure').setAttribute('aria-pressed', String(on));
      map.getContainer().classList.toggle('tool', on);
      if (on) map.getContainer().focus();
    }

    function take(point) {
      points.push(point);
      draw();
    }

    function undo() {
      points.pop();
      draw();
    }

    map.createPane('tools').style.zIndex = 480;
    map.on('click', (event) => page.busy && take(event.latlng));
    byId('measure').addEventListener('click', () => set(!page.busy));
    byId('measure-undo').addEventListener('click', undo);
    byId('measure-end').addEventListener('click', () => set(false));
    map.getContainer().addEventListener('keydown', function (event) {
      if (!page.busy) return;
      if (event.key === 'Enter') take(map.getCenter());
      else if (event.key === 'Backspace') undo();
      else return;
      event.preventDefault();
    });
    document.addEventListener('keydown', function (event) {
      if (event.key !== 'Escape' || !page.busy) return;
      set(false);
      event.stopImmediatePropagation(); // Esc leaves the tool first
    }, true);
  }

  return { start, distance, area };
})();
