// How a draft looks: grids by load against the target with the number on them, blocks, what differs, what is chosen.
gridmap.draftPainting = (function () {
  'use strict';

  const { trace, visible } = gridmap.geometry;
  // from far too few to far too many households; the target in the middle
  const STEPS = [
    { colour: '#1B7F79', word: '远低于目标', upTo: -0.3 },
    { colour: '#8CC7BF', word: '低于目标', upTo: -1e-9 },
    { colour: '#F7F5EF', word: '合适', upTo: 1e-9 },
    { colour: '#F2B38B', word: '高于目标', upTo: 0.3 },
    { colour: '#C8551B', word: '远高于目标', upTo: Infinity }
  ];
  const NONE = '#D5DAE0'; // no target: a dedicated grid
  const INK = '#1F2933', ACCENT = '#1F5FBF', DANGER = '#C53030', BLOCK = 'rgba(82, 96, 109, 0.55)';
  const BLOCKS_FROM = 15; // zoom
  const FONT = '"PingFang SC", "HarmonyOS Sans SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';

  function stepOf(grid) {
    return grid.deviation === null || grid.deviation === undefined ? null : STEPS.find((step) => grid.deviation <= step.upTo);
  }

  function outline(context, set, view) {
    context.beginPath();
    trace(context, set, 0, view, true);
  }

  function stroke(context, sets, view, colour, width, dash) {
    context.beginPath();
    for (const set of sets) if (visible(set, 0, view)) trace(context, set, 0, view, true);
    context.setLineDash(dash || []);
    context.lineJoin = 'round';
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
    context.setLineDash([]);
  }

  function fill(context, sets, view, colour, alpha) {
    context.beginPath();
    for (const set of sets) if (visible(set, 0, view)) trace(context, set, 0, view, true);
    context.globalAlpha = alpha;
    context.fillStyle = colour;
    context.fill('evenodd');
    context.globalAlpha = 1;
  }

  function land(context, view, page) {
    gridmap.ground.paint(context, view, page.under);
    const grids = Array.from(page.draft.grids.values());
    for (const step of [...STEPS, null]) {
      fill(context, grids.filter((grid) => stepOf(grid) === step).map((grid) => grid.set), view, step ? step.colour : NONE,
        step === STEPS[2] ? 0.35 : 0.62);
    }
    for (const grid of grids) {
      if (grid.kind !== 'dedicated' || !visible(grid.set, 0, view)) continue;
      outline(context, grid.set, view);
      gridmap.ground.fillHatched(context, view.left, view.top);
    }
    if (page.comparing) different(context, view, page);
    if (page.showBlocks || view.zoom >= BLOCKS_FROM) {
      stroke(context, Array.from(page.draft.blocks.values(), (block) => block.set), view, BLOCK, 0.8, [3, 3]);
    }
    stroke(context, grids.map((grid) => grid.set), view, INK, 1.5);
    fill(context, Array.from(page.chosenBlocks, (id) => page.draft.blocks.get(id)).filter(Boolean).map((block) => block.set),
      view, ACCENT, 0.4);
    stroke(context, page.chosen.map((id) => page.draft.grids.get(id)).filter(Boolean).map((grid) => grid.set), view, ACCENT, 3.5);
  }

  // Land that changes hands is hatched, and the border as it is today is dashed.
  function different(context, view, page) {
    for (const set of page.differences) {
      if (!visible(set, 0, view)) continue;
      fill(context, [set], view, '#6B46C1', 0.28);
      outline(context, set, view);
      gridmap.ground.fillHatched(context, view.left, view.top);
    }
    const { today } = page;
    context.beginPath();
    for (let i = 0; i < today.count; i++) if (visible(today, i, view)) trace(context, today, i, view, true);
    context.setLineDash([9, 5]);
    context.strokeStyle = '#6B46C1';
    context.lineWidth = 2;
    context.stroke();
    context.setLineDash([]);
  }

  function text(context, words, x, y, size, weight) {
    context.font = weight + ' ' + size + 'px ' + FONT;
    context.lineWidth = 3.5;
    context.strokeStyle = 'rgba(255, 255, 255, 0.92)';
    context.strokeText(words, x, y);
    context.fillStyle = INK;
    context.fillText(words, x, y);
  }

  function labels(context, view, page) {
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.lineJoin = 'round';
    for (const grid of page.draft.grids.values()) {
      const room = grid.label.room * view.scale;
      if (room < 9) continue;
      const x = grid.label.x * view.scale - view.left, y = grid.label.y * view.scale - view.top;
      const short = grid.code.slice(-2) + (grid.provisional ? '*' : '');
      const households = String(grid.numbers.households ?? '–');
      if (room < 17) text(context, short, x, y, 12, 600);
      else {
        text(context, households + '户', x, y - 8, room < 30 ? 12 : 15, 700);
        text(context, short, x, y + 9, room < 30 ? 11 : 12, 500);
      }
    }
    context.textAlign = 'left';
    page.problems.forEach(function (problem, i) {
      if (!problem.at || (!problem.place && i !== page.problem)) return; // a whole grid is marked when it is looked at
      const x = problem.at.x * view.scale - view.left, y = problem.at.y * view.scale - view.top;
      context.beginPath();
      context.arc(x, y, i === page.problem ? 14 : 9, 0, 7);
      context.strokeStyle = problem.severity === 'error' ? DANGER : '#975A16';
      context.lineWidth = i === page.problem ? 4 : 2.5;
      context.stroke();
    });
  }

  return { land, labels, stepOf, STEPS, NONE };
})();
