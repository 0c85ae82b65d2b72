// Everything that goes between the page and the server. A gesture is sent with the revision that the page saw; when
// somebody else was faster, the page says who did what, and shows it.
gridmap.planTalk = (function () {
  'use strict';

  const POLL = 5000; // milliseconds
  const metres = (value) => Number(value).toFixed(value < 1 ? 2 : 1) + '米';
  const REASONS = { // why a border cannot be drawn so
    ends_inside: (at) => '线在网格内部结束，离边界还差' + metres(at.metres) + '，请画到边界外',
    misses: () => '线没有穿过要拆分的网格，请从一侧边界外画到另一侧边界外',
    no_border: () => '两个网格没有共同边界，请选相邻的网格',
    too_narrow: (at) => '会留下最窄处' + metres(at.metres) + '的狭长碎片，请另画',
    too_small: () => '会留下过小的碎片，请另画',
    multipart: () => '有网格会分成不相连的几块（飞地），请把其余部分也划给相邻网格',
    no_land: () => '有网格会没有范围，请改用合并',
    no_neighbour: () => '所选网格不相邻，请选相邻的网格',
    nothing_changes: () => '这样画没有变化',
    too_close: () => '新边界离另一条边界不到1厘米，请沿那条边界画，或离开它',
    splits_outline: () => '新边界切割了楼栋或小区，请绕开',
    code_taken: () => '这个编码正在使用或曾经启用，请换一个',
    other_community: () => '不能跨社区，请先划归同一社区'
  };
  const OWN = { reasons: REASONS, codes: { forbidden: '没有权限修改这些网格', conflict: '方案当前状态不能这样操作', not_found: '方案不存在或已删除' } };

  const words = (problem) => gridmap.problems.said(problem, OWN);

  function create(page) {
    const root = '/plans/' + encodeURIComponent(page.plan.id);
    const ask = (path, body) => gridmap.ask(root + path, body);

    function failed(error) {
      if (!error.problem) page.say('没有连上服务器，这一步没有保存，请稍后再试。', true);
      else page.say(words(error.problem), true, error.problem.evidence && error.problem.evidence.place);
    }

    function take(details) {
      page.plan = details.plan;
      page.draft.revision = details.plan.revision;
      page.draft.numbers = details.numbers;
    }

    async function load() {
      const [details, blocks] = await Promise.all([ask('?geojson'), ask('/blocks')]);
      take(details);
      page.draft.setGrids(details.features);
      page.draft.setBlocks(blocks.features);
      page.renew();
    }

    async function stale(error) {
      const steps = error.problem.evidence.newer || [];
      const last = steps[steps.length - 1];
      await load();
      const what = last ? '另一位规划人员（' + last.actor + '）刚改了这个方案（' + steps.length + ' 步），图上已更新'
        : '方案状态刚刚变了，现在是“' + page.plan.word + '”'; // approved or withdrawn: no step of the land
      page.say(what + '；您这一步没有执行，请看清后再做一次。', true);
    }

    // Sends a step; true when it was made.
    async function step(path, body) {
      if (page.sending) return false;
      page.sending = true;
      try {
        const answer = await ask(path, { ...body, revision: page.draft.revision });
        await took(answer);
        return true;
      } catch (error) {
        if (error.problem && error.problem.code === 'stale_revision') await stale(error);
        else failed(error);
        return false;
      } finally {
        page.sending = false;
      }
    }

    async function took(answer) {
      page.draft.revision = page.plan.revision = answer.revision;
      page.draft.numbers = answer.numbers;
      page.plan.undo = answer.undo;
      page.plan.redo = answer.redo;
      page.draft.change(answer.grids, answer.removed.map((gone) => gone.id));
      const touched = [...answer.grids, ...answer.removed].map((grid) => grid.id);
      const { features } = await ask('/blocks?' + touched.map((id) => 'grid=' + id).join('&'));
      page.draft.changeBlocks(touched, features);
      page.renew();
      const split = answer.warnings.map((warning) => warning.name + '（' + warning.households + ' 户）');
      if (split.length) page.say('注意：新边界切割 ' + split.slice(0, 3).join('、') + (split.length > 3 ? ' 等 ' + split.length + ' 处' : ''), false,
        answer.warnings[0].place);
    }

    // Sees what others do.
    function watch() {
      window.setInterval(async function () {
        if (document.hidden || page.sending) return;
        try {
          const plan = (await gridmap.ask('/plans')).find((each) => each.id === page.plan.id);
          if (plan && plan.revision !== page.draft.revision && !page.sending) {
            await load();
            page.say('另一位规划人员改了这个方案，图上已更新。');
          }
        } catch (error) {
          page.say('暂时连不上服务器，稍后自动重试。', true);
        }
      }, POLL);
    }

    async function quietly(path) {
      try {
        return await ask(path);
      } catch (error) {
        failed(error);
        return null;
      }
    }

    // Which moves would mend a grid; nothing is changed by asking.
    async function balance(grid) {
      try {
        return await ask('/rebalance', { grids: [grid], revision: page.draft.revision });
      } catch (error) {
        failed(error);
        return null;
      }
    }

    async function activate(given) {
      try {
        const done = await ask('/activation', given);
        await load();
        page.activated(done);
        return '';
      } catch (error) {
        if (error.problem && error.problem.code === 'stale_revision') return '方案刚刚有改动，没有启用。请关闭后看清改动，再次启用。';
        return error.problem ? words(error.problem) : '没有连上服务器，方案没有启用。';
      }
    }

    async function withdraw(revision) {
      try {
        await ask('/withdrawal', { revision });
        await load();
        page.say('已撤回：' + page.plan.name + '改回草案，可以继续修改。');
        return '';
      } catch (error) {
        if (error.problem && error.problem.code === 'stale_revision') return '方案刚刚有变化，没有撤回。请关闭后看清现在的状态。';
        return error.problem ? words(error.problem) : '没有连上服务器，方案没有撤回。';
      }
    }

    return {
      load, watch, activate, withdraw, balance,
      handover: () => window.location.assign('/api/v1' + root + '/handover.xlsx'),
      edit: (operation) => step('/edits', operation),
      refine: () => step('/blocks', {}),
      undo: () => step('/undo', {}),
      redo: () => step('/redo', {}),
      check: () => quietly('/check'),
      limits: (grid) => quietly('/limits?grid=' + encodeURIComponent(grid)),
      changes: () => quietly('/changes'),
      differences: async function () {
        const diff = await quietly('/diff?geometry=true');
        return diff ? diff.moved.filter((land) => land.geometry).map((land) => gridmap.draft.setOf(land.geometry)) : [];
      }
    };
  }

  return { create };
})();
