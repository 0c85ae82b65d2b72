// What can be done with a case now: a button for every open move, a form for what the move needs.
gridmap.caseMoves = (function () {
  'use strict';

  const { element } = gridmap.panel;
  const words = gridmap.caseWords;
  const PHOTO_BYTES = 4 * 1024 * 1024;
  const FIRST = ['受理', '派单', '立案', '派遣', '改派', '核实通过', '结案'];

  function input(name, more) {
    return element('input', { type: 'text', name, autocomplete: 'off', maxlength: 100, ...more });
  }

  function select(name, options) {
    return element('select', { name }, element('option', { value: '' }, '请选择'), ...options.map(([value, word]) => element('option', { value }, word)));
  }

  function field(name, control, needed, ...more) {
    control.required = needed;
    return element('label', { class: 'field' }, element('span', {}, words.NEEDS[name] + (needed ? '' : '（选填）')), control, ...more);
  }

  // A grid is chosen from the list, or on the map; its name is proposed as the unit that has to act.
  function grid(page, needed, form) {
    const control = select('grid', page.document.grids.map((each) => [each.code, each.name]));
    control.addEventListener('change', function () {
      const found = page.document.grids.find((each) => each.code === control.value);
      page.showGrid(found ? found.code : null);
      const unit = form.elements.unit;
      if (found && unit && (!unit.value || unit.dataset.proposed === unit.value)) unit.value = unit.dataset.proposed = found.name;
    });
    const pick = element('button', { type: 'button', class: 'plain', onclick: () => page.pickGrid(function (code) {
      control.value = code;
      control.dispatchEvent(new Event('change'));
    }) }, '在地图上选');
    return element('div', { class: 'with-verb' }, field('grid', control, needed), pick);
  }

  function control(name, move, ladder) {
    if (name === 'reason') return element('textarea', { name, rows: 2, maxlength: 2000 });
    if (name === 'deadline') return element('input', { type: 'datetime-local', name, min: words.local(new Date()) });
    if (name === 'whistle') return select('whistle', words.WHISTLES);
    if (name === 'photo') return element('input', { type: 'file', name, accept: 'image/jpeg,image/png', multiple: '' });
    if (name === 'outcome' && move.name === '评价') return select('outcome', ladder.ratings.map((word) => [word, word]));
    return input(name, name === 'incident' ? { placeholder: '主办事件的编号' } : {});
  }

  async function base64(file) {
    if (file.size > PHOTO_BYTES) throw gridmap.problems.refusal('照片“' + file.name + '”超过 4 MB，请压缩后再传。');
    const bytes = new Uint8Array(await file.arrayBuffer());
    let text = '';
    for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
    return btoa(text);
  }

  async function given(form) {
    const body = {};
    for (const name of ['reason', 'unit', 'grid', 'incident', 'whistle', 'outcome']) {
      if (form.elements[name] && form.elements[name].value.trim()) body[name] = form.elements[name].value.trim();
    }
    // The clock of the office, whatever zone the computer is set to; the server reads it as Asia/Shanghai.
    if (form.elements.deadline && form.elements.deadline.value) body.deadline = form.elements.deadline.value + ':00+08:00';
    if (form.elements.photo) body.photos = await Promise.all(Array.from(form.elements.photo.files, base64));
    return body;
  }

  // One click while returning an order: the statement is made, shown, and cited as the reason.
  function proof(page, history, form) {
    const box = element('div', { class: 'proof' });
    const button = element('button', { type: 'button', class: 'plain', onclick: async function () {
      button.disabled = true;
      try {
        const made = await page.talk.statement(history.incident.id);
        box.replaceChildren(element('p', {}, made.text), element('p', {}, '校验码 ', element('a', { class: 'link', href: made.page, target: '_blank' }, made.code),
          '　', element('a', { class: 'link', href: made.docx }, 'Word'), '　', element('a', { class: 'link', href: made.pdf }, 'PDF')));
        const reason = form.elements.reason;
        reason.value = (reason.value.trim() ? reason.value.trim() + '；' : '') + '属地不符，属地核实单 ' + made.code;
      } catch (error) {
        page.say(page.talk.why(error), true);
      }
      button.disabled = false;
    } }, '开具属地核实单');
    box.append(button);
    return box;
  }

  function formOf(page, history, move, leave) {
    const form = element('form', { class: 'move-form', novalidate: '', 'aria-label': move.name });
    const asked = [...new Set([...move.needs, ...move.takes])].sort((a, b) => Object.keys(words.NEEDS).indexOf(a) - Object.keys(words.NEEDS).indexOf(b));
    if (asked.includes('grid')) asked.splice(0, 0, ...asked.splice(asked.indexOf('grid'), 1));
    const failed = element('p', { class: 'failed', role: 'alert', hidden: '' });
    const go = element('button', { type: 'submit', class: 'primary' }, move.approval.length ? '提交审批' : '确认' + move.name);
    form.append(element('h4', {}, move.name));
    if (move.approval.length) form.append(element('p', { class: 'hint' }, '要经 ' + move.approval.join('、') + ' 同意才生效。'));
    for (const name of asked) {
      const needed = move.needs.includes(name);
      form.append(name === 'grid' ? grid(page, needed, form) : field(name, control(name, move, page.ladder), needed));
    }
    if (move.name === '退单') form.append(proof(page, history, form));
    form.append(failed, element('div', { class: 'verbs' }, go, element('button', { type: 'button', class: 'plain', onclick: leave }, '取消')));
    form.addEventListener('submit', async function (event) {
      event.preventDefault();
      const missing = Array.from(form.elements).find((each) => each.required && !(each.type === 'file' ? each.files.length : each.value.trim()));
      failed.hidden = !missing;
      if (missing) {
        failed.textContent = '请填写' + words.NEEDS[missing.name] + '。';
        return missing.focus();
      }
      go.disabled = true;
      try {
        await page.moved(history, move, await page.talk.move(history, { move: move.name, ...await given(form) }));
      } catch (error) {
        if (page.overtaken(history, error, form)) return undefined;
        failed.textContent = page.talk.why(error);
        failed.hidden = false;
        go.disabled = false;
      }
      return undefined;
    });
    return form;
  }

  // begin: name of a move whose form is to stand open at once
  function section(page, history, begin) {
    const box = element('div', { class: 'move-box' });
    const row = element('div', { class: 'verbs' });
    const order = (move) => (FIRST.indexOf(move.name) + FIRST.length + 1) % (FIRST.length + 1) + (FIRST.includes(move.name) ? 0 : 100);
    const moves = history.moves.slice().sort((a, b) => order(a) - order(b));
    const close = function () {
      box.replaceChildren();
      page.showGrid(history.incident.assignment && history.incident.assignment.grid_code);
      for (const button of row.children) button.setAttribute('aria-expanded', 'false');
    };
    const open = function (move, button) {
      close();
      button.setAttribute('aria-expanded', 'true');
      const form = formOf(page, history, move, () => { close(); button.focus(); });
      box.replaceChildren(form);
      const first = form.querySelector('select, input, textarea, button');
      if (first) first.focus();
    };
    moves.forEach(function (move, i) {
      const button = element('button', { type: 'button', class: i === 0 ? 'primary' : 'plain', 'data-move': move.name, 'aria-expanded': 'false' }, move.name);
      button.addEventListener('click', () => open(move, button));
      row.append(button);
      if (move.name === begin) window.setTimeout(() => open(move, button));
    });
    if (!moves.length) row.append(element('p', { class: 'hint' }, '受理派单员现在没有可办的步骤。'));
    return element('section', { class: 'moves' }, element('h3', {}, '现在可办'), row, box);
  }

  // What was written in a form that another one has taken the place of.
  function keep(form) {
    window.setTimeout(function () { // after the form stands open
      const now = document.querySelector('.moves .move-form');
      if (!now || now.getAttribute('aria-label') !== form.getAttribute('aria-label')) return;
      for (const each of form.elements) if (each.name && each.type !== 'file' && now.elements[each.name]) now.elements[each.name].value = each.value;
    });
  }

  return { section, keep };
})();
