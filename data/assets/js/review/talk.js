// What goes between the page and the server: the queue, places by name, decisions and taking them back.
gridmap.reviewTalk = (function () {
  'use strict';

  const ask = (path, body) => gridmap.ask('/address-review' + path, body);
  const OWN = { codes: { conflict: '这条地址已经核对过，列表已更新', not_found: '这条地址或地点已经不在，列表已更新',
    no_gazetteer: '还没有地名库，请先运行 gridmap gazetteer build', bad_input: '填写的内容不能用' } };

  const words = (error) => gridmap.problems.why(error, OWN, '没有连上服务器，这一步没有保存，请稍后再试。');

  return {
    words,
    queue: () => ask(''),
    places: (text) => ask('/places?text=' + encodeURIComponent(text)),
    decide: (id, body) => ask('/' + encodeURIComponent(id) + '/decision', body),
    undo: () => ask('/undo', {})
  };
})();
