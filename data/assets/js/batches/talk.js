// Everything that goes between the page of 五单 and the server, and what a refusal means in the words of the office.
gridmap.batchTalk = (function () {
  'use strict';

  const { ask } = gridmap;
  const ROOT = '/api/v1';
  const ROLE = '受理派单员';
  const SHOWN = 5; // numbers named in a refusal
  const FAILED = { conflict: '清单已经变化，请看清后再办', forbidden: '这个岗位不能这样办理', not_found: '没有找到', bad_input: '填写的内容有误' };

  function refusal({ code, detail, evidence = {} }, act) {
    const { unsettled, incident, batch, unit, field } = evidence;
    if (unsettled) return '还有 ' + unsettled.length + ' 件没有办完本环节：' + unsettled.slice(0, SHOWN).join('、') + (unsettled.length > SHOWN ? '等' : '') + '。';
    if (incident && unit) return incident + ' 已由“' + unit + '”领单，不能再办。';
    if (incident && batch && code === 'conflict') return act === '列入' ? incident + ' 已在清单 ' + batch + ' 上：一件事件只能在一张清单上。' : incident + ' 已不在本清单上。';
    if (act === '领单' && field === 'reason') return '领单的不是拟领单位，请写明理由。';
    if (field === 'meeting') return '会议日期不能晚于今天。';
    return (FAILED[code] || '操作没有完成') + '：' + detail;
  }

  const why = (error, act) => error.problem ? refusal(error.problem, act) : '没有连上服务器，请稍后再试；已填写的内容还在。';
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
