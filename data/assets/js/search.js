// Search by grid or community, name or code; the keyboard is enough: / arrows Enter Esc.
gridmap.search = (function () {
  'use strict';

  const { element } = gridmap.panel;
  const MOST = 8;
  const FEW = 4; // where there are results from elsewhere too

  function plain(text) {
    return text.normalize('NFKC').toLowerCase().replace(/\s+/g, '');
  }

  function entries(page) {
    const { communities, grids } = page.document;
    const of = (level) => (it, index) => ({ level, index, name: it.name, code: it.code,
      keys: [plain(it.name), it.code, plain(it.short || '')] });
    return [...communities.map(of('community')), ...grids.map(of('grid'))];
  }

  // 0 is the best; -1 is no match
  function rank(entry, words) {
    let sum = 0;
    for (const word of words) {
      const [name, code, short] = entry.keys;
      if (name === word || code === word) sum += 0;
      else if (name.startsWith(word)) sum += 1;
      else if (short === word || short === word.padStart(2, '0')) sum += 2;
      else if (name.includes(word)) sum += 3;
      else if (/^\d{3,}$/.test(word) && code.includes(word)) sum += 4;
      else return -1;
    }
    return sum;
  }

  function find(all, query) {
    const words = query.trim().split(/\s+/).map(plain).filter(Boolean);
    if (!words.length) return [];
    return all.map((entry, order) => ({ entry, order, rank: rank(entry, words) })).filter((one) => one.rank >= 0)
      .sort((a, b) => a.rank - b.rank || a.order - b.order).slice(0, MOST).map((one) => one.entry);
  }

  function start(page) {
    const input = document.getElementById('search');
    const list = document.getElementById('search-results');
    const clear = document.getElementById('search-clear');
    const all = entries(page);
    let found = [], active = -1;

    function close() {
      list.hidden = true;
      active = -1;
      input.setAttribute('aria-expanded', 'false');
      input.removeAttribute('aria-activedescendant');
    }

    function choose(entry) {
      input.value = entry.name;
      clear.hidden = false;
      close();
      if (entry.go) entry.go();
      else page.select({ level: entry.level, index: entry.index }, true);
    }

    function mark(index) {
      active = index;
      Array.from(list.children).forEach((item, i) => item.setAttribute('aria-selected', String(i === index)));
      if (index >= 0) {
        input.setAttribute('aria-activedescendant', 'search-' + index);
        list.children[index].scrollIntoView({ block: 'nearest' });
      }
    }

    let asked = 0;
    function update() {
      const query = input.value, number = ++asked;
      clear.hidden = !query;
      if (!query.trim()) return close();
      show(find(all, query));
      if (!page.searchFurther) return;
      page.searchFurther(query).then(function (more) {
        if (number !== asked || list.hidden) return;
        const at = active;
        show([...find(all, query).slice(0, more.length ? FEW : MOST), ...more]);
        if (at > 0 && at < found.length) mark(at);
      });
    }

    function show(entries) {
      found = entries;
      const items = found.map((entry, i) => {
        const item = element('li', { id: 'search-' + i, role: 'option', 'aria-selected': 'false' },
          element('span', { class: 'name' }, entry.name), element('span', { class: 'code' }, entry.code));
        item.addEventListener('pointerdown', (event) => {
          event.preventDefault();
          choose(entry);
        });
        return item;
      });
      if (!items.length) items.push(element('li', { class: 'none' }, '没有找到，请换个名称或编码'));
      list.replaceChildren(...items);
      list.hidden = false;
      input.setAttribute('aria-expanded', 'true');
      mark(found.length ? 0 : -1);
      document.getElementById('status').textContent = found.length ? found.length + ' 条结果' : '没有找到';
    }

    input.addEventListener('input', update);
    input.addEventListener('focus', update);
    input.addEventListener('blur', close);
    input.addEventListener('keydown', function (event) {
      if (event.isComposing) return; // Enter belongs to the input method
      if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && found.length) {
        if (list.hidden) return update();
        const step = event.key === 'ArrowDown' ? 1 : -1;
        mark((active + step + found.length) % found.length);
        event.preventDefault();
      } else if (event.key === 'Enter' && !list.hidden && active >= 0) {
        choose(found[active]);
        input.blur();
        document.getElementById('place').focus();
        event.preventDefault();
      } else if (event.key === 'Escape') {
        if (!list.hidden) close();
        else input.blur();
        event.stopPropagation();
      }
    });
    clear.addEventListener('click', function () {
      input.value = '';
      clear.hidden = true;
      input.focus();
    });
    document.addEventListener('keydown', function (event) {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
      if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
      event.preventDefault();
      input.focus();
      input.select();
    });
  }

  return { start };
})();
