// Everything that goes between the page of 五单 and the server, and what a refusal means in the words of the office.
gridmap.batchTalk = (function () {
  'use strict';

  const { ask } = gridmap;
  const ROOT = '/api/v1';
  const ROLE = '受理派单员';
  const SHOWN = 5; // numbers named in a refusal
  const OWN = { codes: { conflict: '清单已经变化，请看清后再办', forbidden: '这个岗位不能这样办理' } };

  function refusal(problem, act) {
    const { code, evidence = {} } = problem;
    const { unsettled, incident, batch, unit, field } = evidence;
    if (unsettled) return '还有 ' + unsettled.length + ' 件没有办完本环节：' + unsettled.slice(0, SHOWN).join('、') + (unsettled.length > SHOWN ? '等' : '') + '。';
    if (incident && unit) return incident + ' 已由“' + unit + '”领单，不能再办。';
    if (incident && batch && code === 'conflict') return act === '列入' ? incident + ' 已在清单 ' + batch + ' 上：一件事件只能在一张清单上。' : incident + ' 已不在本清单上。';
    if (act === '领单' && field === 'reason') return '领单的不是拟领单位，请写明理由。';
    return gridmap.problems.said(problem, OWN);
  }

  const why = (error, act) => error.problem ? refusal(error.problem, act) : gridmap.problems.why(error);
  const of = (number) => '/batches/' + encodeURIComponent(number);

  return {
    why,
    stages: () => ask('/lookups/batches'),
    lists: () => ask('/batches'),
    one: (number) => ask(of(number)),
    open: (name) => ask('/batches', { role: ROLE, name }),
    act: (number, body) => ask(of(number) + '/acts', { role: ROLE, ...body }),
    onward: (number, body) => ask(of(number) + '/stage', { role: ROLE, ...body }),
    seek: (text) => ask('/incidents/board?' + new URLSearchParams({ stage: 'open', batch: 'none', limit: 50, q: text })),
    results: (year) => ask('/batches/results?year=' + year),
    sheet: (number) => ROOT + of(number) + '/list.xlsx',
    yearSheet: (year) => ROOT + '/batches/results.xlsx?year=' + year
  };
})();
