// What the page says: places, clocks, moves and their needs, and the text that is sent to a worker.
gridmap.caseWords = (function () {
  'use strict';

  const PLACES = { inside: '范围内', edge: '界线上', review: '边界待核', manual: '人工指定', listed: '名单纳入', outside: '范围外', unlocated: '待定位' };
  const FACETS = { clock: '时限', state: '状态', level: '层级', category: '类别', community: '社区', place: '归属', month: '登记月份' };
  const CLOCKS = { 正常: 'normal', 临期: 'soon', 超期: 'overdue' };
  const ENDED = { 正常: '按期办结', 临期: '临期办结', 超期: '超期办结', '': '办结时间未记录' };
  const NEEDS = { reason: '理由', unit: '承办单位', grid: '网格', incident: '主办事件编号', deadline: '办理时限', whistle: '吹哨类别', outcome: '办理结果', photo: '照片', closed_at: '办结时间' };
  const WHISTLES = [['community', '社区吹哨·部门报到'], ['residents', '居民吹哨·干部报到']];
  const DECIDED = { pending: '待审批', approved: '已同意', refused: '不同意' };
  const MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

  const two = (value) => String(value).padStart(2, '0');

  // The moment as the server wrote it: Asia/Shanghai, whatever the computer's own zone is.
  function moment(text) {
    return text ? text.slice(0, 10) + ' ' + text.slice(11, 16) : '–';
  }

  function span(milliseconds) {
    const days = Math.floor(milliseconds / DAY), hours = Math.floor(milliseconds % DAY / HOUR);
    if (days) return days + ' 天' + (hours ? ' ' + hours + ' 小时' : '');
    if (hours) return hours + ' 小时';
    return Math.max(1, Math.floor(milliseconds / MINUTE)) + ' 分钟';
  }

  // How long is left, or how late it is; for a case that has ended, when that was.
  function left(row, now) {
    if (row.closed) return row.closed_at ? '办结 ' + moment(row.closed_at) : '办结时间未记录';
    if (row.paused) return '已挂账，时限暂停';
    if (!row.deadline) return '未定时限';
    const rest = Date.parse(row.deadline) - now;
    return (rest >= 0 ? '剩 ' : '超 ') + span(Math.abs(rest));
  }

  function placeOf(assignment) {
    if (!assignment) return 'unlocated';
    return assignment.reason === 'inside' && assignment.review ? 'review' : assignment.reason;
  }

  function mark(clock) {
    return gridmap.panel.element('i', { class: 'mark ' + (CLOCKS[clock] || 'ended'), 'aria-hidden': 'true' });
  }

  function clock(word, closed) {
    const said = closed && word ? ENDED[word] : word;
    return gridmap.panel.element('span', { class: 'clock ' + (CLOCKS[word] || 'ended') }, mark(word), said || '已办结');
  }

  // How far a report is that may be the same matter, in place and in time.
  function apart(near) {
    const place = near.metres === null ? '地址相同' : '相距 ' + Math.round(near.metres) + ' 米';
    const hours = Math.round(24 * near.days);
    return place + ' · ' + (hours < 1 ? '相隔不到 1 小时' : hours < 48 ? '相隔 ' + hours + ' 小时' : '相隔 ' + Math.round(near.days) + ' 天');
  }

  // 派单文字: what a worker needs, and no number that could be misused (the server masks the telephone).
  function slip(incident) {
    const { assignment, case: brief } = incident;
    return ['【派单】' + incident.number,
      '地址：' + (incident.address || '见地图位置'),
      '诉求：' + [incident.title, incident.description].filter(Boolean).join('；'),
      '时限：' + (incident.deadline ? moment(incident.deadline) : '未定时限'),
      '网格：' + (assignment && assignment.grid_name ? assignment.grid_name : '待定'),
      ...(brief && brief.worker ? ['网格员：' + brief.worker] : []),
      ...(incident.phone ? ['联系电话：' + incident.phone + '（完整号码请向派单员索取）'] : [])].join('\n');
  }

  const local = (date) => date.getFullYear() + '-' + two(date.getMonth() + 1) + '-' + two(date.getDate()) + 'T' +
    two(date.getHours()) + ':' + two(date.getMinutes());

  return { PLACES, FACETS, CLOCKS, ENDED, NEEDS, WHISTLES, DECIDED, moment, left, placeOf, mark, clock, apart, slip, local };
})();
