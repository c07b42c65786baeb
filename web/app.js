// The page: a tile per camera, filled with what the Worker reports. Text is only ever set by
// textContent; what tests read stands in data attributes.

import { duration, moment, number, preferredLanguage, speak, t } from './text.js';

const AGE_IN_MS = 100000; // five digits; beyond, nobody wants to know it so well

const $ = (selector, root = document) => root.querySelector(selector);
const tiles = new Map(); // by camera name: { node, canvas, state, paused }
let worker;
let report = null;
let reportAt = 0;
let news = []; // for those who listen to the page

// ---- what is remembered

function recall(key) {
  try {
    return localStorage.getItem(`twinlens.${key}`);
  } catch {
    return null; // storage is switched off
  }
}

function remember(key, value) {
  try {
    if (value === null) {
      localStorage.removeItem(`twinlens.${key}`);
    } else {
      localStorage.setItem(`twinlens.${key}`, value);
    }
  } catch {
    // the choice lasts as long as the page, then
  }
}

// ---- language

function translate(root = document) {
  for (const node of root.querySelectorAll('[data-text]')) {
    node.textContent = t(node.dataset.text);
  }
  for (const node of root.querySelectorAll('[data-label]')) {
    label(node, t(node.dataset.label, { name: node.dataset.name }));
  }
}

function label(node, text) {
  node.setAttribute('aria-label', text);
  if (node.localName === 'button') {
    node.title = text;
  }
}

function setLanguage(tag) {
  speak(tag);
  document.documentElement.lang = tag;
  $('#language').textContent = t('other');
  $('#language').lang = tag === 'en' ? 'zh-CN' : 'en';
  translate();
  show();
}

// ---- theme: the system's, unless the other one was chosen

const systemDark = matchMedia('(prefers-color-scheme: dark)');

const themeMedia = { dark: 'all', light: 'not all' };
let theme = recall('theme');

function setTheme(chosen) {
  theme = chosen;
  remember('theme', theme);
  $('#dark').media = themeMedia[theme] ?? systemDark.media;
}

function switchTheme() {
  const system = systemDark.matches ? 'dark' : 'light';
  const other = (theme ?? system) === 'dark' ? 'light' : 'dark';
  setTheme(other === system ? null : other);
}

// ---- tiles

function setCameras(names) {
  for (const [name, tile] of tiles) {
    if (!names.includes(name)) {
      tile.node.remove();
      tiles.delete(name);
    }
  }
  for (const name of names) {
    if (!tiles.has(name)) {
      tiles.set(name, makeTile(name));
    }
    $('#tiles').append(tiles.get(name).node);
  }
}

function makeTile(name) {
  // Imported, not cloned: a canvas of the template's own, inert document would show nothing.
  const node = document.importNode($('#tile').content, true).firstElementChild;
  const tile = { name, node, canvas: $('canvas', node), state: '', paused: false };
  node.dataset.camera = name;
  $('.name', node).textContent = name;
  node.setAttribute('aria-label', name);
  for (const labelled of node.querySelectorAll('[data-label]')) {
    labelled.dataset.name = name;
  }
  translate(node);
  $('[data-action=pause]', node).onclick = () => pause(tile);
  $('[data-action=save]', node).onclick = () => worker.postMessage({ type: 'snapshot', name });
  $('[data-action=full]', node).onclick = () => fullScreen(node);
  $('.picture', node).ondblclick = () => fullScreen(node);
  attach(tile);
  return tile;
}

// Gives the canvas to the Worker, or keeps it where the browser cannot do that.
function attach({ name, canvas }) {
  if (canvas.transferControlToOffscreen) {
    const offscreen = canvas.transferControlToOffscreen();
    worker.postMessage({ type: 'attach', name, canvas: offscreen }, [offscreen]);
  } else {
    worker.postMessage({ type: 'attach', name });
  }
}

function drawBitmap({ name, bitmap }) {
  const canvas = tiles.get(name)?.canvas;
  if (canvas) {
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext('2d').drawImage(bitmap, 0, 0);
  }
  bitmap.close();
  worker.postMessage({ type: 'drawn', name });
}

function pause(tile) {
  tile.paused = !tile.paused;
  const button = $('[data-action=pause]', tile.node);
  button.dataset.label = tile.paused ? 'play' : 'pause';
  $('use', button).setAttribute('href', `#${button.dataset.label}`);
  translate(tile.node);
  worker.postMessage({ type: 'pause', name: tile.name, paused: tile.paused });
}

function fullScreen(node) {
  if (document.fullscreenElement) {
    document.exitFullscreen();
  } else if (node.requestFullscreen) {
    node.requestFullscreen().catch(() => node.classList.toggle('filled'));
  } else {
    node.classList.toggle('filled');
  }
}

function saveSnapshot({ name, blob, age }) {
  const taken = new Date(Date.now() - age);
  const local = new Date(taken - taken.getTimezoneOffset() * 60000).toISOString();
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = `${name}-${local.slice(0, 19).replaceAll(':', '-')}.jpg`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// ---- what is shown

function setText(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

function retryText() {
  const seconds = Math.ceil((report.link.retryMs - (performance.now() - reportAt)) / 1000);
  return seconds > 0 ? t('retry', { s: seconds }) : t('retrying');
}

function showLink() {
  const { state } = report.link;
  const calm = state === 'open' || state === 'connecting';
  const told = calm || tiles.size > 0; // the tiles say why, and when
  if (document.body.dataset.link !== state) {
    document.body.dataset.link = state;
    news.push(t(`link.${state}`));
  }
  setText($('#link'), t(`link.${state}`));
  const notice = $('#notice');
  notice.hidden = told && report.missing.length === 0;
  if (!notice.hidden) {
    const names = report.missing.join(', ');
    const known = report.server?.cameras.map((camera) => camera.name).join(', ') || t('none');
    const why = names ? t('missing', { names, known }) : t(`why.${state}`);
    setText(notice, told ? why : `${why}\n${retryText()}`);
  }
}

// A figure of the server's, by its unit; the state of a camera is a word. A limit is as it was set.
function figureText(figure, value, isLimit) {
  if (typeof value !== 'number') {
    return value ?? '–';
  }
  if (figure.endsWith('_bytes')) {
    return `${number(value / 1e6, 1)} MB`;
  }
  const digits = Number.isInteger(value) ? 0 : 1;
  const text = number(value, digits, isLimit && digits ? 6 : digits);
  return figure.endsWith('_percent') ? `${text} %` : text;
}

// What "twinlens watch" has raised, as long as the server can tell.
function showAlerts() {
  const alerts = (report.link.state === 'open' && report.server?.alerts) || [];
  const list = $('#alerts');
  const before = [...list.children].map((item) => item.dataset.name);
  list.hidden = alerts.length === 0;
  while (list.children.length > alerts.length) {
    list.lastChild.remove();
  }
  alerts.forEach(({ name, figure, op, value, limit, since }, i) => {
    const item = list.children[i] ?? list.appendChild(document.createElement('li'));
    const [is, than] = [figureText(figure, value), figureText(figure, limit, true)];
    const time = moment(new Date(since));
    item.dataset.name = name;
    setText(item, t('alert', { name, figure, op, value: is, limit: than, time }));
    if (!before.includes(name)) {
      news.push(item.textContent);
    }
  });
}

function showServer({ memory, cpu_percent, viewers, max_viewers, uptime_s }) {
  const put = (field, text) => setText($(`#server [data-field=${field}]`), text);
  put('memory', `${number((memory.pss_bytes || memory.rss_bytes) / 1e6, 1)} MB`);
  put('cpu', `${number(cpu_percent, 1)} %`);
  put('viewers', `${viewers.length} / ${max_viewers}`);
  put('board', `${number(memory.system.used_percent)} %`);
  put('uptime', duration(uptime_s));
}

function showTile(camera) {
  const tile = tiles.get(camera.name);
  if (!tile) {
    return;
  }
  const { node } = tile;
  if (tile.state !== camera.state) {
    tile.state = camera.state;
    node.dataset.state = camera.state;
    news.push(`${camera.name}: ${t(`state.${camera.state}`)}`);
  }
  setText($('.state', node), t(`state.${camera.state}`));
  if (camera.state !== 'live') {
    const failing = camera.state === 'error' || camera.state === 'lost';
    const waiting = ['unreachable', 'broken', 'full'].includes(camera.state);
    const why = t(`why.${camera.state}`);
    setText($('.veil strong', node), t(`state.${camera.state}`));
    setText($('.veil span', node), waiting ? `${why}\n${retryText()}` : why);
    setText($('.veil small', node), (failing && camera.error) || '');
  }
  if (camera.sequence !== undefined) {
    showFigures(node, camera);
  }
}

function showFigures(node, camera) {
  const { fps, age, width, height, bytes } = camera;
  const put = (field, text, warn = false) => {
    const cell = $(`[data-field=${field}]`, node);
    setText(cell, text);
    cell.classList.toggle('warn', warn);
  };
  const live = camera.state === 'live';
  put('fps', live && !fps ? '' : number(fps, 1), live && fps < camera.target * 0.8);
  if (age >= 0) {
    put('age', age < AGE_IN_MS ? `${number(age)} ms` : duration(age / 1000), live && age > 300);
  }
  put('skipped', number(camera.skipped));
  put('size', `${width}×${height}`);
  put('frame', `${number(bytes / 1000)} KB`);
  node.style.setProperty('--aspect', `${width} / ${height}`);
  $('[data-action=save]', node).disabled = false;
  Object.assign(node.dataset, {
    fps: fps.toFixed(1),
    ageMs: Math.round(age),
    worstAgeMs: Math.round(camera.worstAge),
    sequence: camera.sequence,
    skipped: camera.skipped,
  });
}

function show() {
  if (report) {
    showLink();
    showAlerts();
    report.cameras.forEach(showTile);
    if (report.server) {
      showServer(report.server);
    }
  } else {
    setText($('#link'), t('link.connecting'));
  }
  if (news.length) {
    $('#announce').textContent = news.join('. ');
    news = [];
  }
}

// ---- start

const received = {
  cameras: ({ names }) => setCameras(names),
  bitmap: drawBitmap,
  snapshot: saveSnapshot,
  report(message) {
    report = message;
    reportAt = performance.now();
    show();
  },
};

function start() {
  setTheme(theme);
  setLanguage(preferredLanguage(recall('language')));
  $('#theme-switch').onclick = switchTheme;
  $('#language').onclick = () => {
    setLanguage($('#language').lang);
    remember('language', document.documentElement.lang);
  };

  worker = new Worker('worker.js', { type: 'module' });
  worker.onmessage = ({ data }) => received[data.type](data);
  worker.onerror = () => {
    if (!report) {
      $('#notice').hidden = false;
      $('#notice').textContent = t('old');
    }
  };
  const cameras = new URLSearchParams(location.search).getAll('camera').join();
  const wanted = [...new Set(cameras.split(',').filter((name) => name && name !== 'all'))];
  worker.postMessage({ type: 'open', base: new URL('./', location).href, wanted });

  const look = () => worker.postMessage({ type: 'visible', visible: !document.hidden });
  document.addEventListener('visibilitychange', look);
  if (document.hidden) {
    look();
  }
  addEventListener('online', () => worker.postMessage({ type: 'wake' }));
  addEventListener('pagehide', () => worker.postMessage({ type: 'leave' }));
  addEventListener('pageshow', (event) => event.persisted && worker.postMessage({ type: 'wake' }));
}

start();
