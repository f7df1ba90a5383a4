// SPDX-License-Identifier: Apache-2.0
/**
 * The script inside the exported SVG, as it stands there: plain JavaScript for browsers, text so that no
 * bundler changes it. It must not hold "]]>". Keys and clicks are those of flamegraph.pl.
 */
export const SVG_SCRIPT = String.raw`
(function () {
  'use strict';
  var SVG = 'http://www.w3.org/2000/svg', HTML = 'http://www.w3.org/1999/xhtml';
  var svg = document.currentScript ? document.currentScript.ownerSVGElement : document.documentElement;
  var part = function (id) { return svg.querySelector('#' + id); };
  var data = JSON.parse(part('data').textContent);
  var parent = numbers(data.parent), name = numbers(data.name), total = numbers(data.total), names = data.names, count = total.length;
  for (var next = 1; next < count; next++) parent[next] += parent[next - 1];
  var depth = new Uint16Array(count), left = new Float64Array(count), used = new Float64Array(count), rows = 1;
  for (var i = 1; i < count; i++) {
    depth[i] = depth[parent[i]] + 1;
    left[i] = left[parent[i]] + used[parent[i]];
    used[parent[i]] += total[i];
    rows = Math.max(rows, depth[i] + 1);
  }
  var width, height = data.top + rows * data.rowHeight + data.bottom;
  var zoom = 0, pattern = '', ignoreCase = false, matches = null, hit = new Uint8Array(names.length);
  var frames = part('frames'), details = part('details'), controls = part('controls');

  // As svg-columns.ts has written them.
  function numbers(text) {
    var digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', value = 0, scale = 1, list = [];
    for (var at = 0; at < text.length; at++) {
      var digit = digits.indexOf(text[at]);
      value += (digit % 32) * scale;
      scale *= 32;
      if (digit >= 32) continue;
      list.push(value);
      value = 0;
      scale = 1;
    }
    return list;
  }
  function make(kind, attributes, text) {
    var node = document.createElementNS(SVG, kind);
    for (var key in attributes) node.setAttribute(key, attributes[key]);
    if (text !== undefined) node.textContent = text;
    return node;
  }
  function number(value) { return String(Math.round(value * 100) / 100).replace(/\B(?=(\d{3})+(?!\d))/g, ','); }
  function describe(i) {
    var share = i === 0 ? '100' : (total[0] > 0 ? 100 * total[i] / total[0] : 0).toFixed(2);
    var what = name[i] === 0 ? 'siblings too narrow to be kept' : names[name[i]];
    var relative = zoom > 0 && total[zoom] > 0 && i !== 0 && depth[i] >= depth[zoom] ? '; ' + (100 * total[i] / total[zoom]).toFixed(2) + '% of the zoomed frame' : '';
    if (data.words && name[i] !== 0) return what + ' (' + data.words[i] + ')';
    return what + ' (' + number(data.unit ? Math.round(total[i]) : total[i]) + ' ' + (data.unit || (total[i] === 1 ? 'sample' : 'samples')) + ', ' + share + '%' + relative + ')';
  }
  function shorten(text, length) {
    if (text.length <= length) return text;
    var end = length - 1, last = text.charCodeAt(end - 1);
    if (last >= 0xd800 && last < 0xdc00) end--;
    return text.slice(0, end) + '…';
  }

  function draw() {
    var above = {}, inner = width - 2 * data.pad, scale = inner / (total[zoom] || 1), list = document.createDocumentFragment();
    for (var at = zoom; at > 0; at = parent[at]) above[parent[at]] = true;
    var from = left[zoom], to = from + total[zoom];
    for (var i = 0; i < count; i++) {
      var x, w;
      if (above[i] || i === zoom) { x = 0; w = inner; }
      else if (depth[i] <= depth[zoom] || left[i] < from || left[i] >= to) continue;
      else { x = (left[i] - from) * scale; w = total[i] * scale; }
      if (w < data.minWidth) continue;
      x += data.pad;
      var y = data.icicle ? data.top + depth[i] * data.rowHeight : height - data.bottom - (depth[i] + 1) * data.rowHeight;
      var merged = name[i] === 0, found = !merged && i > 0 && hit[name[i]], plain = !merged && data.colours[name[i]] < 0;
      var group = make('g', { 'data-frame': i });
      if (above[i]) group.setAttribute('class', 'above');
      group.appendChild(make('rect', { class: found ? 'match' : merged ? 'm' : plain ? 'r' : 'c' + data.colours[name[i]],
        x: x.toFixed(2), y: y, width: Math.max(0.3, w - 0.5).toFixed(2), height: data.rowHeight - 1, rx: 1.5 }));
      var characters = Math.floor((w - 6) / data.characterWidth);
      if (characters >= 3 && !merged) {
        group.appendChild(make('text', { class: plain && !found ? 'rt' : 'l', x: (x + 4).toFixed(2), y: y + 12 }, shorten(names[name[i]], characters)));
      }
      list.appendChild(group);
    }
    frames.textContent = '';
    frames.appendChild(list);
    reset.setAttribute('class', zoom === 0 ? 'off' : 'control dim');
    matched.textContent = matches === null ? '' : 'Matched: ' + matches.toFixed(1) + '%';
    details.textContent = '';
    remember();
  }

  function search(text) {
    pattern = text;
    hit.fill(0);
    matches = null;
    input.style.borderColor = '';
    input.title = 'Regular expression (Ctrl-F). Ctrl-I: case is ' + (ignoreCase ? 'ignored' : 'minded');
    if (text !== '') {
      var expression;
      try { expression = new RegExp(text, ignoreCase ? 'i' : ''); }
      catch (error) { input.style.borderColor = '#ff6b5e'; draw(); matched.textContent = 'Not a regular expression'; details.textContent = error.message; return; }
      // A long name only at its beginning, since a search cannot be stopped.
      for (var n = 1; n < names.length; n++) hit[n] = expression.test(names[n].slice(0, 1000)) ? 1 : 0;
      share();
    }
    draw();
  }
  // Share of the zoomed frame's samples with a match from it on, nested ones counted once.
  function share() {
    var state = new Uint8Array(count), sum = 0;
    for (var i = zoom; i < count; i++) {
      var under = i === zoom ? 1 : state[parent[i]];
      state[i] = under;
      if (under === 1 && i > 0 && hit[name[i]]) { state[i] = 2; sum += total[i]; }
    }
    matches = total[zoom] > 0 ? 100 * sum / total[zoom] : 0;
  }
  function zoomTo(i) {
    if (name[i] === 0 && i > 0) i = parent[i];
    zoom = i;
    if (matches !== null) share();
    draw();
  }

  // The address keeps zoom and search, so that a link shows the same.
  function remember() {
    if (svg !== document.documentElement) return;
    var state = (zoom ? 'zoom=' + zoom : '') + (pattern ? (zoom ? '&' : '') + 'search=' + encodeURIComponent(pattern) : '');
    try { history.replaceState(null, '', '#' + state); } catch (error) { /* not allowed here: the picture works without */ }
  }
  function recall() {
    var state = {};
    location.hash.slice(1).split('&').forEach(function (pair) { var at = pair.indexOf('='); if (at > 0) state[pair.slice(0, at)] = pair.slice(at + 1); });
    var wanted = Number(state.zoom);
    if (Number.isInteger(wanted) && wanted > 0 && wanted < count && name[wanted] !== 0) zoom = wanted;
    try { pattern = decodeURIComponent(state.search || ''); } catch (error) { pattern = ''; }
  }

  var reset = make('text', { class: 'off', y: 24, 'text-anchor': 'end', role: 'button' }, 'Reset zoom');
  var matched = make('text', { class: 'title', y: 50, 'text-anchor': 'end', id: 'matched' });
  var holder = make('foreignObject', { y: 7, width: 200, height: 26 });
  var input = document.createElementNS(HTML, 'input');
  input.setAttribute('placeholder', 'Search (Ctrl-F)');
  input.setAttribute('spellcheck', 'false');
  input.style.cssText = 'box-sizing:border-box;width:100%;height:24px;font:12px monospace;padding:2px 6px;border:1px solid #8888;border-radius:5px;background:transparent;color:inherit';
  holder.setAttribute('class', 'field');
  holder.appendChild(input);
  controls.appendChild(reset);
  controls.appendChild(holder);
  controls.appendChild(matched);
  reset.id = 'reset';

  // Title and search stay at the top of the window, and the details at its bottom, whatever part of a tall picture is in it.
  var head = make('g', {}), foot = make('g', {}), bands = [make('rect', { class: 'background', height: data.top - 6 }), make('rect', { class: 'background', height: data.bottom - 4 })];
  [bands[0], part('title'), part('subtitle'), controls].forEach(function (node) { head.appendChild(node); });
  [bands[1], details].forEach(function (node) { foot.appendChild(node); });
  svg.appendChild(head);
  svg.appendChild(foot);
  function stay() {
    var isPage = svg === document.documentElement, below = isPage ? Math.max(0, height - innerHeight - scrollY) : 0;
    head.setAttribute('transform', 'translate(0,' + (isPage ? scrollY : 0) + ')');
    foot.setAttribute('transform', 'translate(0,' + -below + ')');
  }

  function resize() {
    width = svg === document.documentElement ? Math.max(400, innerWidth) : svg.viewBox.baseVal.width;
    svg.setAttribute('width', width);
    svg.setAttribute('height', height);
    svg.setAttribute('viewBox', '0 0 ' + width + ' ' + height);
    bands.forEach(function (band) { band.setAttribute('width', width); });
    bands[1].setAttribute('y', height - data.bottom + 4);
    holder.setAttribute('x', width - data.pad - 200);
    reset.setAttribute('x', width - data.pad - 212);
    matched.setAttribute('x', width - data.pad);
    input.style.color = getComputedStyle(part('title')).fill;
    draw();
    stay();
  }

  frames.addEventListener('click', function (event) {
    var group = event.target.closest('[data-frame]');
    if (group) zoomTo(Number(group.getAttribute('data-frame')));
  });
  frames.addEventListener('mouseover', function (event) {
    var group = event.target.closest('[data-frame]');
    if (!group) return;
    var text = describe(Number(group.getAttribute('data-frame')));
    details.textContent = shorten(text, Math.floor((width - 2 * data.pad) / data.characterWidth));
    if (!group.querySelector('title')) group.insertBefore(make('title', {}, text), group.firstChild);
  });
  frames.addEventListener('mouseleave', function () { details.textContent = ''; });
  reset.addEventListener('click', function () { zoomTo(0); });
  input.addEventListener('input', function () { search(input.value); });
  addEventListener('resize', resize);
  addEventListener('scroll', stay);
  addEventListener('keydown', function (event) {
    var control = event.ctrlKey || event.metaKey;
    if ((control && event.key === 'f') || event.key === 'F3') { event.preventDefault(); input.focus(); input.select(); }
    else if (control && event.key === 'i') { event.preventDefault(); ignoreCase = !ignoreCase; search(input.value); }
    else if (event.key === 'Escape') {
      if (input.value !== '') { input.value = ''; search(''); }
      else if (zoom !== 0) zoomTo(0);
      input.blur();
    }
  });

  recall();
  resize();
  // Where the root is: of a tall picture the top is the ends of a few stacks.
  if (svg === document.documentElement && !data.icicle) scrollTo(0, height);
  stay();
  if (pattern !== '') { input.value = pattern; search(pattern); }
})();
`;
