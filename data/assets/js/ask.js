// Asks the server for JSON. What it refuses is thrown with what it says (`problem`); without an answer, there is none.
window.gridmap = window.gridmap || {};

gridmap.ask = async function (path, body, method) {
  'use strict';

  const sent = body === undefined ? {}
    : { method: method || 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await fetch('/api/v1' + path, { credentials: 'same-origin', cache: 'no-store', ...sent });
  const content = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(content.code), { problem: content });
  return content;
};
