// What can be done with the chosen cases, taking the list on, and putting cases on it.
gridmap.batchForms = (function () {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const { element } = gridmap.panel;
  const FIELDS = { unit: '单位', rating: '评价', reason: '理由' };
  const OTHER = { assign: '改由其他单位领单', claim: '由其他单位领单' }; // where the unit need not be said
  const WRITTEN = { meeting: '会议日期', minutes: '会议纪要' };
  const MINUTES = 20000;

  function field(word, control, needed) {
    control.required = needed;
    return element('label', { class: 'field' }, element('span', {}, word + (needed ? '' : '（选填）')), control);
  }

  function control(page, name) {
    if (name === 'rating') return element('select', { name }, element('option', { value: '' }, '请选择'), ...page.rules.ratings.map((word) => element('option', { value: word }, word)));
    if (name === 'reason') return element('textarea', { name, rows: 2, maxlength: 2000 });
    return element('input', { type: 'text', name, list: 'units', maxlength: 100, autocomplete: 'off' });
  }

  const missing = (form) => Array.from(form.elements).find((each) => each.required && !each.value.trim());

  function values(form, names) {
    const body = {};
    for (const name of names) if (form.elements[name] && form.elements[name].value.trim()) body[name] = form.elements[name].value.trim();
    return body;
  }

  // Sends what a form holds; says why not, and keeps what was written.
  function sending(form, go, words, send) {
    const failed = element('p', { class: 'failed', role: 'alert', hidden: '' });
    form.insertBefore(failed, go.parentNode);
    form.addEventListener('submit', async function (event) {
      event.preventDefault();
      const empty = missing(form);
      failed.hidden = !empty;
      if (empty) {
        failed.textContent = '请填写' + words[empty.name] + '。';
        empty.focus();
        return;
      }
      go.disabled = true;
      try {
        await send();
      } catch (error) {
        failed.textContent = gridmap.batchTalk.why(error, form.dataset.act);
        failed.hidden = false;
        go.disabled = false;
      }
    });
  }

  function close() {
    byId('act-form').replaceChildren();
    for (const button of byId('acts').children) button.setAttribute('aria-expanded', 'false');
  }

  function open(page, act, button) {
    close();
    button.setAttribute('aria-expanded', 'true');
    const form = element('form', { class: 'act-form', novalidate: '', 'aria-label': act.name, 'data-act': act.name });
    const count = page.chosen.size;
    const go = element('button', { type: 'submit', class: 'primary' }, '确认' + act.name + ' ' + count + ' 件');
    form.append(...Object.keys(FIELDS).filter((name) => act.needs.includes(name) || act.takes.includes(name) || (name === 'reason' && act.effect === 'claim'))
      .map((name) => field(name === 'unit' && act.takes.includes(name) ? OTHER[act.effect] : FIELDS[name], control(page, name), act.needs.includes(name))));
    form.append(element('div', { class: 'verbs' }, go, element('button', { type: 'button', class: 'plain', onclick: () => { close(); button.focus(); } }, '取消（Esc）')));
    sending(form, go, FIELDS, async function () {
      const body = { act: act.name, incidents: Array.from(page.chosen), ...values(form, Object.keys(FIELDS)) };
      page.took(await gridmap.batchTalk.act(page.found.batch.number, body), act.name + ' ' + count + ' 件。');
    });
    form.addEventListener('keydown', function (event) {
      if (event.key !== 'Escape') return;
      close();
      button.focus();
    });
    byId('act-form').replaceChildren(form);
    const first = form.querySelector('input, select, textarea');
    (first || go).focus();
  }

  function acts(page) {
    close();
    const able = page.found.acts.filter((act) => act.effect !== 'put');
    byId('acts').replaceChildren(...able.map(function (act) {
      const button = element('button', { type: 'button', class: 'plain', 'aria-expanded': 'false', 'data-act': act.name }, act.name);
      button.disabled = !page.chosen.size;
      button.addEventListener('click', () => open(page, act, button));
      return button;
    }));
  }

  function told(page) {
    const { batch, cases, acts: able } = page.found;
    const here = page.rules.stages.find((stage) => stage.name === batch.stage);
    if (!cases.length) return able.some((act) => act.effect === 'put') ? '清单还是空的：请在下面选择事件列入。不要这张清单了，可以办结。' : '清单上没有事件；可以直接办结这张清单。';
    if (!here.settled_by.length) return '清单上有 ' + batch.cases + ' 件，收齐后转入下一单。';
    const open = batch.cases - batch.settled;
    if (open) return '本环节已办 ' + batch.settled + ' / ' + batch.cases + ' 件，还有 ' + open + ' 件没有办。';
    const leaving = able.filter((act) => act.effect === 'release').map((act) => [act.name, cases.filter((line) => line.mark === act.name).length]).filter(([, count]) => count);
    const out = leaving.map(([word, count]) => word + ' ' + count + ' 件').join('、');
    return batch.cases + ' 件都已办完本环节。' + (out ? '转入下一单时，' + out + '离开清单。' : '');
  }

  function next(page) {
    const { batch, next_stage: after, needs, cases } = page.found;
    const box = byId('next');
    const sheet = element('a', { class: 'link', href: gridmap.batchTalk.sheet(batch.number) }, '导出清单（XLSX）');
    if (batch.ended) {
      box.replaceChildren(element('h3', { id: 'next-title' }, '已办结'), element('p', {}, gridmap.batchCases.moment(batch.closed_at) + ' 办结，' + batch.claimed + ' 件由单位领单，' + batch.rated + ' 件已评价。'), sheet);
      return;
    }
    const verb = cases.length && after ? '转入' + after : '办结清单';
    const filling = !cases.length && page.found.acts.some((act) => act.effect === 'put');
    const go = element('button', { type: 'submit', class: filling ? 'plain' : 'primary', id: 'go-on' }, verb);
    go.disabled = batch.settled < batch.cases;
    const form = element('form', { novalidate: '', 'aria-label': verb });
    if (cases.length && needs.includes('meeting')) form.append(field(WRITTEN.meeting, element('input', { type: 'date', name: 'meeting', max: page.day }), true));
    if (cases.length && needs.includes('minutes')) form.append(field(WRITTEN.minutes, element('textarea', { name: 'minutes', rows: 3, maxlength: MINUTES }), true));
    form.append(element('div', { class: 'verbs' }, go, sheet));
    sending(form, go, WRITTEN, async () => page.took(await gridmap.batchTalk.onward(batch.number, values(form, Object.keys(WRITTEN))), verb + '，已完成。'));
    box.replaceChildren(element('h3', { id: 'next-title' }, '下一步：' + (filling ? '列入事件' : verb)), element('p', {}, told(page)), form);
  }

  // Open cases to put on the list, found by number, title, address or grid.
  function adding(page) {
    const picked = new Set();

    function renew() {
      byId('put').disabled = !picked.size;
      byId('put').textContent = picked.size ? '列入所选 ' + picked.size + ' 件' : '列入所选';
    }

    function line(each) {
      const box = element('input', { type: 'checkbox', value: each.number });
      box.addEventListener('change', function () {
        if (box.checked) picked.add(each.number);
        else picked.delete(each.number);
        renew();
      });
      return element('li', {}, element('label', {}, box, element('span', {}, element('span', { class: 'name' }, each.title),
        element('span', { class: 'under name' }, [each.number, each.grid_name || '待定', each.address].filter(Boolean).join(' · ')))));
    }

    async function seek() {
      picked.clear();
      renew();
      byId('seek-says').textContent = '正在查找…';
      try {
        const found = await gridmap.batchTalk.seek(byId('seek-text').value.trim());
        byId('seek-found').replaceChildren(...found.items.map(line));
        byId('seek-says').textContent = found.total ? '可列入 ' + found.total + ' 件' + (found.total > found.items.length ? '，先列出最新的 ' + found.items.length + ' 件' : '') + '。' : '没有可列入的在办事件；已在清单上的不再列出。';
      } catch (error) {
        byId('seek-says').textContent = gridmap.batchTalk.why(error);
      }
    }

    async function put() {
      byId('put').disabled = true;
      try {
        const count = picked.size;
        page.took(await gridmap.batchTalk.act(page.found.batch.number, { act: '列入', incidents: Array.from(picked) }), '列入 ' + count + ' 件。');
      } catch (error) {
        byId('seek-says').textContent = gridmap.batchTalk.why(error, '列入');
        renew();
      }
    }

    byId('seek').addEventListener('submit', (event) => { event.preventDefault(); seek(); });
    byId('put').addEventListener('click', put);
    return { seek };
  }

  return { acts, next, adding };
})();
