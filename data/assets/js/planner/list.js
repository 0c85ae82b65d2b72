// The list of plans: beginning a draft.
window.addEventListener('DOMContentLoaded', function () {
  'use strict';

  const byId = (id) => document.getElementById(id);

  byId('new').addEventListener('submit', async function (event) {
    event.preventDefault();
    const failed = byId('new-failed');
    failed.hidden = true;
    try {
      const draft = await gridmap.ask('/plans', { name: byId('new-name').value.trim() });
      window.location.assign('/plans/' + encodeURIComponent(draft.id));
    } catch (error) {
      failed.textContent = gridmap.problems.why(error, { codes: { conflict: '已有同名草案，请换一个名称' } }, '没有连上服务器，草案没有建成。');
      failed.hidden = false;
    }
  });
});
