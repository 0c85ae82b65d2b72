// The sheet from below (beside the map on wide screens): how high it stands, and which list it shows.
gridmap.sheet = (function () {
  'use strict';

  const HEIGHTS = ['peek', 'half', 'full'];
  const WORDS = { peek: '展开名单', half: '展开名单到全屏', full: '收起名单' };
  const byId = (id) => document.getElementById(id);
  const isWide = () => window.matchMedia('(min-width: 900px)').matches;

  function height() {
    return document.body.dataset.sheet;
  }

  function set(wanted) {
    document.body.dataset.sheet = wanted;
    byId('handle').setAttribute('aria-expanded', String(wanted !== 'peek'));
    byId('handle').title = WORDS[wanted];
    byId('sheet').style.height = '';
  }

  // Pixels of the map that the sheet covers.
  function covered() {
    return isWide() ? 0 : byId('sheet').offsetHeight;
  }

  function dragging() {
    const handle = byId('handle'), sheet = byId('sheet');
    let from = null, moved = false;
    handle.addEventListener('pointerdown', function (event) {
      if (isWide()) return;
      from = { y: event.clientY, height: sheet.offsetHeight };
      moved = false;
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener('pointermove', function (event) {
      if (!from || (!moved && Math.abs(event.clientY - from.y) < 6)) return;
      moved = true;
      sheet.classList.add('dragged');
      sheet.style.height = Math.max(100, Math.min(window.innerHeight - 64, from.height + from.y - event.clientY)) + 'px';
    });
    const end = function () {
      if (from && moved) {
        const share = sheet.offsetHeight / window.innerHeight;
        sheet.classList.remove('dragged');
        set(share < 0.3 ? 'peek' : share < 0.7 ? 'half' : 'full');
      }
      from = null;
    };
    handle.addEventListener('pointerup', end);
    handle.addEventListener('pointercancel', end);
    handle.addEventListener('click', function () {
      if (!moved) set(HEIGHTS[(HEIGHTS.indexOf(height()) + 1) % HEIGHTS.length]);
      moved = false;
    });
  }

  function tabs(open) {
    const all = Array.from(document.querySelectorAll('#tabs [role=tab]'));
    function choose(tab) {
      for (const each of all) {
        each.setAttribute('aria-selected', String(each === tab));
        each.tabIndex = each === tab ? 0 : -1;
      }
      byId('records').setAttribute('aria-labelledby', tab.id);
      byId('records').scrollTop = 0;
      tab.scrollIntoView({ block: 'nearest', inline: 'nearest' });
      if (height() === 'peek') set('half');
      open(tab.dataset.kind);
    }
    all.forEach(function (tab, i) {
      tab.addEventListener('click', () => choose(tab));
      tab.addEventListener('keydown', function (event) {
        const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: all.length - 1 }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        const next = all[(to + all.length) % all.length];
        choose(next);
        next.focus();
      });
    });
    open(all.find((tab) => tab.getAttribute('aria-selected') === 'true').dataset.kind);
  }

  function start(open) {
    set('half');
    const wide = window.matchMedia('(min-width: 900px)');
    const settle = () => { byId('handle').disabled = wide.matches; }; // beside the map there is nothing to pull
    wide.addEventListener('change', settle);
    settle();
    dragging();
    tabs(open);
  }

  return { start, set, height, covered };
})();
