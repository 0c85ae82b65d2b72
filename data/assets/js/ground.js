// The base map and the grids, from the ground up.
gridmap.ground = (function () {
  'use strict';

  const { visible, trace } = gridmap.geometry;
  // The first four are for neighbours: told apart with any colour vision and on a grey printer,
  // as they are shown, at 55 % over the land. The rest are for maps
  // with grids in several parts, which four colours may not suffice for.
  const GRID_COLOURS = ['#84C2F9', '#EE8474', '#F5FEFC', '#F1E22D', '#CDB4DB', '#B5D99C'];
  const INK = '#1F2933';
  const LAND = '#F7F5EF', WATER = '#CFE3F2', SHORE = '#7FA9C9', BUILDING = '#E9E6DF', BUILDING_EDGE = '#D8D3C8';
  const COMPOUND_EDGE = '#B9AF9C', CASING = '#CBC5B8', ROAD = '#FFFFFF', RAIL = '#8A8F98';
  const AROUND = '#F3F1EC', AROUND_EDGE = '#8792A0'; // what the map is not about
  const ROAD_WIDTHS = [18, 12, 8, 4.5]; // metres, by class
  const ROAD_LEAST = [3.2, 2.2, 1.3, 0.7]; // pixels, by class
  const HATCH = 7; // pixels between hatch lines, across and down

  let hatchTile = null;

  function hatch(context) {
    if (!hatchTile) {
      hatchTile = document.createElement('canvas');
      const ratio = 2;
      hatchTile.width = hatchTile.height = HATCH * ratio;
      const tile = hatchTile.getContext('2d');
      tile.scale(ratio, ratio);
      tile.strokeStyle = 'rgba(31, 41, 51, 0.36)';
      tile.lineWidth = 0.9;
      for (const shift of [-HATCH, 0, HATCH]) {
        tile.moveTo(shift - 1, HATCH + 1);
        tile.lineTo(shift + HATCH + 1, -1);
      }
      tile.stroke();
    }
    const pattern = context.createPattern(hatchTile, 'repeat');
    return pattern;
  }

  // Fills the current path with hatch lines that stay where they are on the ground while the map moves.
  function fillHatched(context, left, top) {
    context.save();
    context.translate(-(left % HATCH), -(top % HATCH));
    context.scale(0.5, 0.5);
    context.imageSmoothingEnabled = false; // between pixels it would take twice as long
    context.fillStyle = hatch(context);
    context.fill('evenodd');
    context.restore();
  }

  function path(context, set, view, closed, which) {
    context.beginPath();
    for (let i = 0; i < set.count; i++) {
      if (visible(set, i, view) && (!which || which(i))) trace(context, set, i, view, closed);
    }
  }

  // Round ends and bends cost, and nobody sees them on a thin line.
  function ends(context) {
    const thin = context.lineWidth < 4;
    context.lineJoin = thin ? 'bevel' : 'round';
    context.lineCap = thin ? 'square' : 'round';
  }

  function roads(context, layer, view) {
    const width = (kind) => Math.max(ROAD_LEAST[kind], ROAD_WIDTHS[kind] * view.metre);
    for (const [colour, extra] of [[CASING, view.zoom < 14 ? 1 : 1.6], [ROAD, 0]]) {
      for (let kind = ROAD_WIDTHS.length - 1; kind >= 0; kind--) {
        if (kind === 3 && view.zoom < 14.5) continue;
        path(context, layer.shapes, view, false, (i) => layer.classes[i] === kind);
        context.strokeStyle = colour;
        context.lineWidth = width(kind) + extra;
        ends(context);
        context.stroke();
      }
    }
  }

  function railways(context, layer, view) {
    context.lineCap = 'butt';
    path(context, layer.shapes, view, false);
    context.strokeStyle = RAIL;
    context.lineWidth = view.zoom < 15 ? 2.4 : 3.6;
    context.stroke();
    context.strokeStyle = ROAD;
    context.lineWidth = view.zoom < 15 ? 1.2 : 2;
    context.setLineDash([8, 8]);
    context.stroke();
    context.setLineDash([]);
  }

  const painters = {
    waters: function (context, layer, view) {
      const { areas } = layer;
      path(context, layer.shapes, view, true, (i) => areas[i]);
      context.fillStyle = WATER;
      context.fill('evenodd');
      context.strokeStyle = SHORE; // or it could be taken for a grid of the light blue
      context.lineWidth = 1;
      context.stroke();
      path(context, layer.shapes, view, false, (i) => !areas[i]);
      context.strokeStyle = WATER;
      context.lineWidth = Math.max(1.5, 6 * view.metre);
      context.stroke();
    },
    compounds: function (context, layer, view) {
      if (view.zoom < 14) return;
      path(context, layer.shapes, view, true);
      context.strokeStyle = COMPOUND_EDGE;
      context.lineJoin = 'bevel';
      context.lineWidth = view.zoom < 16 ? 0.8 : 1.2;
      context.stroke();
    },
    buildings: function (context, layer, view) {
      if (view.zoom < 16) return;
      path(context, layer.shapes, view, true);
      context.fillStyle = BUILDING;
      context.fill('evenodd');
      context.strokeStyle = BUILDING_EDGE;
      context.lineWidth = 1;
      context.stroke();
    },
    roads,
    railways
  };

  // What grids are filled with: neighbours in different colours, unless the page says otherwise.
  function filling(page) {
    return page.filling || { palette: GRID_COLOURS, colours: page.colours, alpha: 0.55 };
  }

  function fillOf(page, i) {
    const { palette, colours } = filling(page);
    return palette[colours[i] % palette.length];
  }

  function fills(context, page, view) {
    const { palette, colours, alpha } = filling(page);
    for (let colour = 0; colour < palette.length; colour++) {
      path(context, page.grids, view, true, (i) => colours[i] % palette.length === colour);
      context.globalAlpha = alpha;
      context.fillStyle = palette[colour];
      context.fill('evenodd');
    }
    context.globalAlpha = 1;
    path(context, page.grids, view, true, (i) => page.document.grids[i].kind === 'dedicated');
    fillHatched(context, view.left, view.top);
  }

  function border(context, set, view, colour, width) {
    path(context, set, view, true);
    context.lineJoin = 'round';
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }

  // A tile's shapes reach over its edge and are cut off there, on a whole pixel so that no seam shows.
  function paintClipped(context, view, layer) {
    const [west, north, east, south] = layer.clip.map((side, k) =>
      Math.round((side * view.scale - (k % 2 ? view.top : view.left)) * view.ratio) / view.ratio);
    context.save();
    context.beginPath();
    context.rect(west, north, east - west, south - north);
    context.clip();
    painters[layer.kind](context, layer, view);
    context.restore();
  }

  function around(context, view, page) {
    path(context, page.neighbours, view, true);
    context.fillStyle = AROUND;
    context.fill('evenodd');
  }

  function aroundBorders(context, view, page) {
    context.setLineDash([7, 4]);
    path(context, page.borders, view, false);
    context.strokeStyle = AROUND_EDGE;
    context.lineWidth = 1.2;
    context.stroke();
    context.setLineDash([]);
  }

  function paint(context, view, page) {
    const { shown } = page;
    if (!page.backdrop) { // a picture of the land lies below
      if (page.neighbours) around(context, view, page);
      path(context, page.outline, view, true);
      context.fillStyle = LAND;
      context.fill('evenodd');
    }
    if (shown.has('grids')) fills(context, page, view);
    for (const layer of page.base.filter((each) => shown.has(each.kind))) {
      if (layer.clip) paintClipped(context, view, layer);
      else painters[layer.kind](context, layer, view);
    }
    const thin = Math.max(0.4, Math.min(1, (view.zoom - 11.5) / 2.5)); // small scales cannot carry full widths
    if (page.neighbours) aroundBorders(context, view, page);
    border(context, page.outline, view, 'rgba(255, 255, 255, 0.75)', 10 * thin);
    if (shown.has('grids')) border(context, page.grids, view, INK, 1.5 * thin);
    if (shown.has('communities')) border(context, page.communities, view, INK, 2.5 * thin);
    border(context, page.outline, view, INK, 4 * thin);
  }

  return { paint, fillHatched, fillOf, GRID_COLOURS, INK, WATER, SHORE, CASING, ROAD, RAIL, COMPOUND_EDGE, AROUND_EDGE };
})();
