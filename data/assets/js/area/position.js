// Where the bearer of the phone stands: by the exact borders that the page carries, so no position leaves the phone
// unless it lies beyond the neighbours.
gridmap.position = (function () {
  'use strict';

  const FAR = 3000; // metres from the grid's middle beyond which the map is not moved to the position

  function borders(data, columns) {
    const own = gridmap.geometry.shapes(columns, 'exact', [0, 0], 0);
    own.x = Float64Array.from(columns['exact.x'], (value) => value / 1000);
    own.y = Float64Array.from(columns['exact.y'], (value) => value / 1000);
    const { middle, scale } = data.frame;
    return {
      shapes: own,
      names: [data.grids[0].name, ...data.neighbours.map((each) => each.name)],
      local: (lon, lat) => [(lon - middle[0]) * scale[0], (lat - middle[1]) * scale[1]]
    };
  }

  function eachEdge(set, i, visit) {
    for (let r = set.ring[i]; r < set.ring[i + 1]; r++) {
      const end = set.vertex[r + 1];
      for (let v = set.vertex[r], w = end - 1; v < end; w = v++) visit(set.x[w], set.y[w], set.x[v], set.y[v]);
    }
  }

  function inside(set, i, x, y) {
    let odd = false;
    eachEdge(set, i, function (x0, y0, x1, y1) {
      if ((y0 > y) !== (y1 > y) && x < (x1 - x0) * (y - y0) / (y1 - y0) + x0) odd = !odd;
    });
    return odd;
  }

  // Metres to the nearest place of a border.
  function distance(set, i, x, y) {
    let least = Infinity;
    eachEdge(set, i, function (x0, y0, x1, y1) {
      const dx = x1 - x0, dy = y1 - y0;
      const along = Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1)));
      least = Math.min(least, Math.hypot(x - x0 - along * dx, y - y0 - along * dy));
    });
    return least;
  }

  function metres(value) {
    if (value < 1) return '不足1米';
    return value < 1000 ? Math.round(value) + '米' : (value / 1000).toFixed(1) + '公里';
  }

  // What there is to say about a position: { where: 'inside' | 'outside' | 'beyond', text, doubt, away }
  function verdict(land, lon, lat, accuracy) {
    const [x, y] = land.local(lon, lat);
    const away = distance(land.shapes, 0, x, y);
    const doubt = accuracy > away;
    if (inside(land.shapes, 0, x, y)) return { where: 'inside', text: '您在' + land.names[0] + '，距边界' + metres(away), doubt };
    for (let i = 1; i < land.names.length; i++) {
      if (inside(land.shapes, i, x, y)) {
        return { where: 'outside', text: '您在' + land.names[i] + '，距本网格边界' + metres(away), doubt };
      }
    }
    return { where: 'beyond', text: '您不在本网格，距边界' + metres(away), doubt };
  }

  function say(found, accuracy) {
    const panel = document.getElementById('position');
    const { element } = gridmap.panel;
    const more = '误差约±' + metres(Math.max(1, accuracy)) + (found.doubt ? '，边界待核' : '');
    panel.className = 'position ' + (found.where === 'inside' ? 'inside' : 'outside');
    panel.replaceChildren(element('b', {}, found.text), element('small', {}, more));
    panel.hidden = false;
  }

  function fail(title, advice) {
    const panel = document.getElementById('position');
    panel.className = 'position failed';
    panel.replaceChildren(gridmap.panel.element('b', {}, title), gridmap.panel.element('small', {}, advice));
    panel.hidden = false;
  }

  // The server knows the grids that the page does not.
  async function ask(lon, lat, accuracy, found, still) {
    const answer = await fetch('/api/v1/locate?crs=wgs84&lon=' + lon + '&lat=' + lat).catch(() => null);
    if (!answer || !answer.ok || !still()) return;
    const place = await answer.json();
    if (place.grid_name && still()) {
      say({ ...found, text: '您在' + place.grid_name + found.text.slice('您不在本网格'.length).replace('距边界', '距本网格边界') }, accuracy);
    }
  }

  function start(map, land) {
    const button = document.getElementById('locate');
    const layers = L.layerGroup().addTo(map);
    let watch = null, first = true, turn = 0;

    function show({ coords }) {
      const { longitude: lon, latitude: lat, accuracy } = coords;
      const number = ++turn;
      const found = verdict(land, lon, lat, accuracy);
      const at = [lat, lon], style = { pane: 'marks', interactive: false };
      layers.clearLayers();
      layers.addLayer(L.circle(at, { ...style, radius: accuracy, color: '#1F5FBF', weight: 1, fillOpacity: 0.12 }));
      layers.addLayer(L.circleMarker(at, { ...style, radius: 8, color: '#FFFFFF', weight: 3, fillColor: '#1F5FBF', fillOpacity: 1 }));
      say(found, accuracy);
      const away = Math.hypot(...land.local(lon, lat));
      if (first && found.where === 'inside') gridmap.area.bring(at, Math.max(map.getZoom(), 17));
      else if (first && away < FAR) gridmap.area.both(at);
      first = false;
      if (found.where === 'beyond') ask(lon, lat, accuracy, found, () => number === turn && watch !== null);
    }

    function refused(error) {
      if (error.code === 1) {
        stop();
        fail('浏览器没有允许定位', '请在浏览器或手机设置里允许本页使用位置，再点「定位」。');
      } else fail('暂时得不到位置', '请到室外或窗边，打开手机的定位服务。');
    }

    function stop() {
      if (watch !== null) navigator.geolocation.clearWatch(watch);
      watch = null;
      turn++;
      layers.clearLayers();
      button.setAttribute('aria-pressed', 'false');
      document.getElementById('position').hidden = true;
    }

    button.addEventListener('click', function () {
      if (watch !== null) return stop();
      if (!window.isSecureContext || !navigator.geolocation) {
        return fail('本页不能定位', '浏览器只给 https 网页位置，请系统管理员为本系统启用 https。');
      }
      first = true;
      button.setAttribute('aria-pressed', 'true');
      watch = navigator.geolocation.watchPosition(show, refused, { enableHighAccuracy: true, maximumAge: 5000, timeout: 20000 });
    });
  }

  return { borders, verdict, start };
})();
