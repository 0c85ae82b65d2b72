// Where reports come from, by category and month; cells with few reports never leave the server.
gridmap.caseHeat = (function () {
  'use strict';

  const byId = (id) => document.getElementById(id);
  const { element } = gridmap.panel;
  const { HEAT, stepOf } = gridmap.casePainting;

  function options(id, word, values) {
    const box = byId(id), chosen = box.value;
    box.replaceChildren(element('option', { value: '' }, word), ...values.map((value) => element('option', { value }, value)));
    box.value = values.includes(chosen) ? chosen : '';
  }

  // What each colour stands for: the least and most reports of its cells.
  function steps(cells) {
    const most = cells.length ? cells[0].count : 1;
    return HEAT.flatMap(function (colour, i) {
      const counts = cells.filter((cell) => stepOf(cell.count, most) === i).map((cell) => cell.count);
      if (!counts.length) return [];
      const swatch = element('i', { 'aria-hidden': 'true' });
      swatch.style.background = colour;
      const least = Math.min(...counts), highest = Math.max(...counts);
      return [element('li', {}, swatch, (least === highest ? least : least + '–' + highest) + ' 件')];
    });
  }

  function spots(map, page, found) {
    return found.cells.slice(0, found.hot).map((cell) => element('li', {}, element('button', { type: 'button', class: 'link name', onclick: function () {
      map.fitBounds(cell.ring.map(([lon, lat]) => [lat, lon]), { maxZoom: 16, animate: !page.calm });
    } }, (cell.grid_name || '未定网格') + ' ' + cell.count + ' 件' + (cell.category ? '，多为' + cell.category : ''))));
  }

  function create(page, map) {
    const shown = byId('heat'), says = byId('heat-says');
    const least = says.textContent;
    let latest = 0;

    async function renew() {
      const mine = ++latest;
      byId('heat-body').hidden = !shown.checked;
      if (!shown.checked) {
        page.heat = null;
        return page.redraw();
      }
      try {
        const found = await page.talk.heat(byId('heat-category').value, byId('heat-month').value, byId('heat-size').value);
        if (mine !== latest) return undefined;
        page.heat = found;
        options('heat-category', '全部类别', found.categories);
        options('heat-month', '全部月份', found.months);
        byId('heat-steps').replaceChildren(...steps(found.cells));
        byId('heat-spots').replaceChildren(...spots(map, page, found));
        says.textContent = found.cells.length ? least : '没有达到 ' + found.least + ' 件的格子，换一个类别、月份或更大的格子。';
      } catch (error) {
        if (mine === latest) says.textContent = page.talk.why(error);
      }
      return page.redraw();
    }

    for (const id of ['heat', 'heat-category', 'heat-month', 'heat-size']) byId(id).addEventListener('change', renew);
  }

  return { create };
})();
