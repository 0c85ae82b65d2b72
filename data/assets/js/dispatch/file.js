// One case: what, where, whose, in which time, what was done, what can be done, and what may be the same matter.
gridmap.caseFile = (function () {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const { element } = gridmap.panel;
  const words = gridmap.caseWords;
  const CLOSED = new Set(['已结案', '已评价', '自办结案', '作废', '撤回', '已并案', '退单']);

  const ASKED = new Set(['review', 'outside', 'unlocated']); // until a person has decided

  const fact = (word, ...content) => element('div', { class: 'fact' }, element('dt', {}, word), element('dd', { class: 'name' }, ...content));

  function where({ assignment, accuracy }) {
    const place = words.placeOf(assignment);
    const parts = [element('b', { class: 'place ' + place }, words.PLACES[place])];
    if (assignment && assignment.distance !== null) {
      parts.push(place === 'outside' ? '，距最近的网格约 ' + Math.round(assignment.distance) + ' 米' : '，距网格界线约 ' + Math.round(assignment.distance) + ' 米');
    }
    if (accuracy) parts.push('，误差约±' + Math.round(accuracy) + '米');
    if (place === 'outside' && assignment.nearest_name) parts.push('（' + assignment.nearest_name + '）');
    return parts;
  }

  function facts(history) {
    const { incident, today, duty } = history;
    const { assignment, case: brief } = incident;
    const rows = [fact('地址', incident.address || '未填写'), fact('位置', ...where(incident)),
      fact('网格', assignment && assignment.grid_name ? assignment.grid_name : '待定'),
      fact('网格员', brief ? [brief.worker || '未配备', brief.deputy ? '（B角 ' + brief.deputy + '）' : ''].join('') : '未配备'),
      fact('现由', [brief && brief.level, brief && brief.holder].filter(Boolean).join(' · ') || '–'),
      fact('类别', incident.category || '未分类'), fact('来源', incident.source || '未填写'),
      fact('反映人', [incident.reporter, incident.phone].filter(Boolean).join('　') || '未留')];
    if (today && assignment && today.grid_code !== assignment.grid_code) rows.splice(3, 0, fact('现属网格', today.grid_name || words.PLACES[words.placeOf(today)]));
    const { place } = history.original || {};
    if (place && place.why && ASKED.has(words.placeOf(assignment))) rows.splice(2, 0, fact('待核实', place.why));
    if (place && place.home) rows.push(fact('反映人住址', place.home));
    if (duty && duty.why) rows.push(fact('派单依据', duty.why));
    if (history.outcome) rows.push(fact('办理结果', history.outcome));
    return element('dl', { class: 'facts-list' }, ...rows);
  }

  function clock(incident) {
    const closed = CLOSED.has(incident.state);
    const brief = incident.case || {};
    const row = { deadline: incident.deadline, paused: brief.paused, closed, closed_at: incident.closed_at };
    const box = element('div', { class: 'due ' + (closed ? 'ended' : words.CLOCKS[brief.clock] || 'normal') }, words.clock(closed ? brief.clock : brief.clock || '正常', closed),
      element('b', {}, words.left(row, Date.now())));
    if (incident.deadline) box.append(element('span', { class: 'hint' }, '时限 ' + words.moment(incident.deadline)));
    if (brief.return_until && !closed) box.append(element('span', { class: 'hint' }, '退单时限 ' + words.moment(brief.return_until)));
    return box;
  }

  function told(page, history, given) {
    const parts = [];
    for (const [name, value] of Object.entries(given || {})) {
      if (name === 'photos') continue;
      const shown = name === 'deadline' || name === 'closed_at' ? words.moment(value) : name === 'grid' ? (page.document.grids.find((it) => it.code === value) || { name: value }).name
        : name === 'whistle' ? (words.WHISTLES.find(([key]) => key === value) || [])[1] || value : name === 'incident' && history.merged_into ? history.merged_into : value;
      parts.push((words.NEEDS[name] || name) + '：' + shown);
    }
    return parts.join('；');
  }

  function events(page, history) {
    const { incident } = history;
    const list = [{ at: incident.reported_at, title: '登记', text: incident.source }];
    for (const step of history.steps) {
      list.push({ at: step.at, title: step.move, who: step.role, text: [step.state_before === step.state_after ? '' : [step.state_before, step.state_after].filter(Boolean).join(' → '),
        step.level_before !== step.level_after ? step.level_before + ' → ' + step.level_after : '', step.reason, told(page, history, step.given)].filter(Boolean).join('；'),
      photos: step.given.photos });
    }
    for (const ask of history.approvals) {
      list.push({ at: ask.asked_at, title: '申请' + ask.move.replace(/^申请/, ''), who: ask.asked_role, text: told(page, history, ask.given) });
      if (ask.decided_at) list.push({ at: ask.decided_at, title: ask.move + words.DECIDED[ask.state], who: ask.decided_role, text: ask.note || '' });
    }
    return list.filter((each) => each.at).sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  }

  function timeline(page, history) {
    return element('section', {}, element('h3', {}, '办理经过'), element('ol', { class: 'timeline' }, ...events(page, history).map(function (each) {
      const item = element('li', {}, element('time', {}, words.moment(each.at)), element('b', {}, each.title), ...(each.who ? [element('span', { class: 'hint' }, each.who)] : []));
      if (each.text) item.append(element('p', { class: 'name' }, each.text));
      for (const [i, sha256] of (each.photos || []).entries()) {
        item.append(element('img', { src: page.talk.photo(history.incident.id, sha256), alt: each.title + '照片 ' + (i + 1), class: 'photo', loading: 'lazy' }));
      }
      return item;
    })));
  }

  // A request waits for another person; whoever that is signs with the name.
  function approvals(page, history) {
    return history.approvals.filter((ask) => ask.state === 'pending').map(function (ask) {
      const move = page.ladder.moves.find((each) => each.name === ask.move);
      const role = element('select', { name: 'role' }, ...(move ? move.approval : []).map((word) => element('option', { value: word }, word)));
      const form = element('form', { class: 'move-form', novalidate: '', 'aria-label': '审批' + ask.move }, element('h4', {}, ask.move + '：待审批'),
        element('p', { class: 'name' }, told(page, history, ask.given)),
        element('label', { class: 'field' }, element('span', {}, '审批岗位'), role),
        element('label', { class: 'field' }, element('span', {}, '审批人'), element('input', { type: 'text', name: 'actor', maxlength: 100, autocomplete: 'off' })),
        element('label', { class: 'field' }, element('span', {}, '意见（不同意时必填）'), element('input', { type: 'text', name: 'note', maxlength: 500, autocomplete: 'off' })));
      const failed = element('p', { class: 'failed', role: 'alert', hidden: '' });
      const decide = (decision) => async function () {
        const actor = form.elements.actor.value.trim();
        try {
          if (!actor) throw gridmap.problems.refusal('请填写审批人：申请和审批不能是同一个人。');
          await page.talk.decide(history.incident.id, ask.id, { decision, role: role.value, actor, note: form.elements.note.value.trim() });
          page.say(ask.move + (decision === 'approve' ? '已同意。' : '未同意。'));
          page.refresh();
          await page.open(history.incident.id);
        } catch (error) {
          failed.textContent = page.talk.why(error);
          failed.hidden = false;
        }
      };
      form.addEventListener('submit', (event) => event.preventDefault());
      form.append(failed, element('div', { class: 'verbs' }, element('button', { type: 'button', class: 'primary', onclick: decide('approve') }, '同意'),
        element('button', { type: 'button', class: 'plain', onclick: decide('refuse') }, '不同意')));
      return form;
    });
  }

  function merged(page, history) {
    const link = (number) => element('button', { type: 'button', class: 'link', onclick: () => page.open(number) }, number);
    const lines = history.merged.map((number) => element('li', {}, '已并入本案：', link(number),
      element('button', { type: 'button', class: 'plain', onclick: () => page.open(number, null, '撤销并案') }, '撤销并案')));
    if (history.merged_into) lines.unshift(element('li', {}, '本案已并入：', link(history.merged_into)));
    return lines;
  }

  function near(page, history, found) {
    const may = history.moves.some((move) => move.name === '并案');
    return found.items.map(function (each) {
      const verb = element('button', { type: 'button', class: 'plain' }, '并案');
      verb.addEventListener('click', async function () {
        verb.disabled = true;
        try {
          const move = history.moves.find((it) => it.name === '并案');
          await page.moved(history, move, await page.talk.move(history, { move: '并案', incident: each.number }));
        } catch (error) {
          verb.disabled = false;
          if (page.overtaken(history, error)) return;
          page.say(page.talk.why(error), true);
        }
      });
      return element('li', {}, element('div', {}, element('button', { type: 'button', class: 'link name', onclick: () => page.open(each.id) }, each.title),
        element('p', { class: 'hint' }, [each.number, each.state, words.apart(each)].join(' · '))),
      ...(may && each.state !== '已并案' ? [verb] : []));
    });
  }

  function duplicates(page, history) {
    const list = element('ul', { class: 'near-list' }, ...merged(page, history));
    const says = element('p', { class: 'hint', role: 'status' }, '正在查找附近的同类事件…');
    page.talk.near(history.incident.id).then(function (found) {
      list.append(...near(page, history, found));
      says.textContent = found.items.length ? '附近 ' + Math.round(found.metres) + ' 米、' + found.days + ' 天内的同类事件；是否并案由人决定。'
        : '附近 ' + Math.round(found.metres) + ' 米、' + found.days + ' 天内没有同类事件。';
    }, (error) => { says.textContent = page.talk.why(error); });
    return element('section', {}, element('h3', {}, '疑似重复与并案'), says, list);
  }

  // 五单: the lists that the case is or was on, and the way to put it on one.
  function lists(page, history) {
    const { number, state } = history.incident;
    const list = element('ul', { class: 'near-list' });
    const says = element('p', { class: 'hint', role: 'status' });
    const put = element('a', { class: 'plain as-verb', href: '/batches?put=' + encodeURIComponent(number), hidden: '' }, '列入五单');
    page.talk.batches(history.incident.id).then(function (found) {
      list.append(...found.map((each) => element('li', {}, element('div', {}, element('a', { class: 'link name', href: '/batches?list=' + encodeURIComponent(each.number) }, each.name),
        element('p', { class: 'hint' }, [each.number, each.left_by || each.stage, each.claimed_by ? each.claimed_by + '领单' : each.unit && '拟由' + each.unit + '领单'].filter(Boolean).join(' · '))))));
      says.textContent = found.length ? '' : '没有列入过清单。';
      put.hidden = CLOSED.has(state) || found.some((each) => !each.left_at);
    }, (error) => { says.textContent = page.talk.why(error); });
    return element('section', {}, element('h3', {}, '五单'), says, list, element('div', { class: 'verbs' }, put));
  }

  function copying(page, history) {
    const text = words.slip(history.incident);
    const shown = element('textarea', { class: 'slip', rows: 7, readonly: '', 'aria-label': '派单文字', hidden: '' });
    shown.value = text;
    const button = element('button', { type: 'button', class: 'plain', id: 'copy', onclick: async function () {
      shown.hidden = false;
      try {
        await navigator.clipboard.writeText(text);
        page.say('派单文字已复制。');
      } catch (error) {
        shown.focus();
        shown.select();
        page.say('浏览器不让自动复制：文字已选中，请按 Ctrl+C。', true);
      }
    } }, '复制派单文字');
    return [button, shown];
  }

  function show(page, history, begin) {
    const { incident } = history;
    byId('file-title').textContent = incident.title;
    const [copy, slip] = copying(page, history);
    byId('file-body').replaceChildren(
      element('p', { class: 'kicker' }, element('span', { class: 'chip state' }, incident.state), element('span', { class: 'code' }, incident.number)),
      clock(incident), ...(incident.description ? [element('p', { class: 'name what' }, incident.description)] : []), facts(history),
      element('div', { class: 'verbs' }, copy), slip, ...approvals(page, history), gridmap.caseMoves.section(page, history, begin),
      duplicates(page, history), lists(page, history), timeline(page, history));
  }

  function loading() {
    byId('file-title').textContent = '正在读取…';
    byId('file-body').replaceChildren(element('div', { class: 'skeleton', 'aria-hidden': 'true' }, ...Array.from({ length: 5 }, () => element('i', {}))));
  }

  function failed(text, again) {
    byId('file-title').textContent = '没有读到这件事件';
    byId('file-body').replaceChildren(element('p', { class: 'failed' }, text), element('button', { type: 'button', class: 'primary', onclick: again }, '重试'));
  }

  return { show, loading, failed, CLOSED };
})();
