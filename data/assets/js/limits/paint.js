// A sentence on the map: the land, its border by side in four colours, the whole course of what the sentence names.
gridmap.limitsPaint = (function () {
  'use strict';

  // told apart with any colour vision, and each with its word on the map
  const SIDES = {
    east: ['东', '#B4470F'], south: ['南', '#6B46C1'], west: ['西', '#0F6B65'], north: ['北', '#1F5FBF'],
    northeast: ['东北', '#1F5FBF'], southeast: ['东南', '#B4470F'], southwest: ['西南', '#6B46C1'], northwest: ['西北', '#0F6B65'],
    along: ['沿线', '#1F5FBF']
  };
  const GAP = '#C53030', LAND = '#F1E22D';
  const colour = (side) => (SIDES[side || 'along'] || [])[1];

  function lines(geometry) {
    const listed = geometry.type === 'LineString' ? [geometry.coordinates] : geometry.type === 'MultiLineString' ? geometry.coordinates : [];
    return listed.map((line) => line.map(([lon, lat]) => [lat, lon]));
  }

  function rings(geometry) {
    const parts = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
    return parts.map((part) => part.map((ring) => ring.map(([lon, lat]) => [lat, lon])));
  }

  // The middle of the longest of some lines, for the word of the side.
  function middle(map, all) {
    const measured = all.map((line) => ({ line, length: L.polyline(line).getLatLngs().reduce((sum, at, i, list) => sum + (i ? map.distance(list[i - 1], at) : 0), 0) }));
    const { line, length } = measured.reduce((best, each) => (each.length > best.length ? each : best));
    let walked = 0;
    for (let i = 1; i < line.length; i++) {
      const step = map.distance(line[i - 1], line[i]);
      if (walked + step >= length / 2) {
        const share = (length / 2 - walked) / step;
        return [0, 1].map((k) => line[i - 1][k] + share * (line[i][k] - line[i - 1][k]));
      }
      walked += step;
    }
    return line[0];
  }

  function mark(side, at) {
    const [word, fill] = SIDES[side];
    const icon = L.divIcon({ className: 'side-mark', html: word, iconSize: word.length > 1 ? [40, 28] : [28, 28] });
    const made = L.marker(at, { icon, interactive: false, keyboard: false, pane: 'sides-marks' });
    made.on('add', function () {
      made.getElement().style.background = fill;
      made.getElement().setAttribute('aria-hidden', 'true');
    });
    return made;
  }

  function create(map) {
    for (const [name, level] of [['sides-land', 460], ['sides', 470], ['sides-marks', 480]]) {
      map.createPane(name).style.zIndex = level;
      map.getPane(name).style.pointerEvents = 'none';
    }
    const layer = L.layerGroup([]).addTo(map);
    const add = (made) => layer.addLayer(made);
    const fixed = { interactive: false, smoothFactor: 0 };

    // chosen: of each part, which candidate; lit: the feature that somebody points at, or null
    function show(drawing, chosen, lit) {
      layer.clearLayers();
      for (const [p, part] of drawing.parts.entries()) {
        const candidate = part.candidates[chosen[p]];
        for (const feature of part.features) {
          if (!feature.lines) continue;
          const on = lit === feature;
          add(L.polyline(lines(feature.lines), { ...fixed, pane: 'sides-land', color: colour(feature.side), weight: on ? 9 : 4, opacity: on ? 0.9 : candidate ? 0.35 : 0.8 }));
        }
        if (!candidate) continue;
        add(L.polygon(rings(candidate.geometry), { ...fixed, pane: 'sides-land', stroke: false, fillColor: LAND, fillOpacity: 0.28 }));
        for (const border of candidate.borders) {
          const drawn = lines(border.lines);
          add(L.polyline(drawn, { ...fixed, pane: 'sides', color: '#FFFFFF', weight: 10, opacity: 0.9 }));
          add(L.polyline(drawn, border.side
            ? { ...fixed, pane: 'sides', color: colour(border.side), weight: 6 }
            : { ...fixed, pane: 'sides', color: GAP, weight: 5, dashArray: '8 6', lineCap: 'butt' }));
          if (border.side && border.side !== 'along' && drawn.length) add(mark(border.side, middle(map, drawn)));
        }
      }
    }

    function bounds(drawing, chosen) {
      const found = L.latLngBounds([]);
      for (const [p, part] of drawing.parts.entries()) {
        const candidate = part.candidates[chosen[p]];
        if (candidate) found.extend(L.polygon(rings(candidate.geometry)).getBounds());
        else for (const feature of part.features) if (feature.lines) found.extend(L.polyline(lines(feature.lines)).getBounds());
      }
      return found;
    }

    return { show, bounds };
  }

  return { create, colour, SIDES };
})();
