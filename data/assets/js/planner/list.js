// The list of plans: beginning a draft.
window.addEventListener('DOMContentLoaded', function () {
  'use strict';

  const byId = (id) => document.getElementById(id);

  byId('new').addEventListener('submit', async function (event) {
    event.preventDefault();
    const failed = byId('new-failed');
    failed.hidden = true;
    try {
      const answer = await fetch('/api/v1/plans', { method: 'POST', credentials: 'same-origin',
        headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name: byId('new-name').value.trim() }) });
      const content = await answer.json();
      if (answer.ok) {
        window.location.assign('/plans/' + encodeURIComponent(content.id));
        return;
      }
      failed.textContent = content.code === 'conflict' ? '已有同名草案，请换一个名称。' : '没有建成：' + content.detail;
    } catch (error) {
      failed.textContent = '没有连上服务器，草案没有建成。';
    }
    failed.hidden = false;
  });
});
