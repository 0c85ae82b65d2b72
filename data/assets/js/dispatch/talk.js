// Everything that goes between the page and the server. The board is asked for again and again, and drawn when its ETag
// is another.
gridmap.caseTalk = (function () {
  'use strict';

  const { ask } = gridmap;
  const ROOT = '/api/v1';
  const POLL = 5000; // milliseconds
  const ROLE = '受理派单员';

  const OWN = { codes: { conflict: '事件已经变化，请看清后再办', forbidden: '这个岗位不能这样办理' } };

  const why = (error) => gridmap.problems.why(error, OWN);
  const of = (id) => '/incidents/' + encodeURIComponent(id);

  function address(asked) {
    const query = new URLSearchParams({ stage: asked.stage, order: asked.order, limit: asked.limit, offset: asked.offset });
    if (asked.text) query.set('q', asked.text);
    for (const [facet, words] of Object.entries(asked.chosen)) for (const word of words) query.append(facet, word);
    return ROOT + '/incidents/board?' + query;
  }

  // took(board): it came, null when it is what it was; failed(error): the last one is kept.
  function board(page, { took, failed }) {
    let tag = '', latest = 0;

    async function fetchBoard() {
      const mine = ++latest, at = address(page.asked);
      try {
        const answer = await fetch(at, { credentials: 'same-origin', cache: 'no-cache' }); // the browser asks by ETag
        const content = await answer.json();
        if (mine !== latest) return; // something else was asked for meanwhile
        if (!answer.ok) throw Object.assign(new Error(content.code), { problem: content });
        const same = answer.headers.get('ETag') === tag;
        tag = answer.headers.get('ETag');
        took(same ? null : content);
      } catch (error) {
        if (mine === latest) failed(error);
      }
    }

    window.setInterval(() => { if (!document.hidden) fetchBoard(); }, POLL);
    document.addEventListener('visibilitychange', () => { if (!document.hidden) fetchBoard(); });
    return fetchBoard;
  }

  return {
    board, why, ROLE,
    history: (id) => ask(of(id) + '/history?role=' + encodeURIComponent(ROLE)),
    near: (id) => ask(of(id) + '/duplicates'),
    batches: (id) => ask(of(id) + '/batches'),
    move: ({ incident, step }, body) => ask(of(incident.id) + '/moves', { role: ROLE, step, ...body }), // as it was seen
    decide: (id, approval, body) => ask(of(id) + '/approvals/' + encodeURIComponent(approval), body),
    statement: (id) => ask('/statements', { incident: id }),
    report: (body) => ask('/incidents', body),
    check: (body) => ask('/incidents/check', body),
    heat: (category, month, size) => ask('/incidents/heat?' + new URLSearchParams({ category, month, size })),
    categories: () => ask('/lookups/categories'),
    ladder: () => ask('/lookups/ladder'),
    photo: (id, sha256) => ROOT + of(id) + '/photos/' + sha256
  };
})();
