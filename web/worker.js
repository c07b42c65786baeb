// The Worker: the connection to the server and the pictures. The page (app.js) only shows what
// is reported here, so a busy page does not delay a picture and a hidden one does not slow the
// timers. All waiting has a limit; whatever goes wrong ends in a new attempt.

import { Clock, Picture, parseFrame } from './picture.js';

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5000;
const PATIENT = ['full', 'missing']; // the server is well, so the same pause each time
const PATIENT_RETRY_MS = 3000;
const OPEN_LIMIT_MS = 5000;
const SILENCE_LIMIT_MS = 6000;
const HIDDEN_AFTER_MS = 4000;

const clock = new Clock();
const cameras = new Map(); // by name: { name, info, paused, subscribed, surface, picture }
let base; // address of the page
let wanted = []; // names asked for; none means every camera
let unknown = []; // of those, the ones that the server does not have
let status = null; // the server's last answer
let hidden = false;
let hiddenTimer = 0;

// state: connecting, open, unreachable, full, broken (it answers, but refuses), missing
const link = {
  state: 'connecting',
  socket: null,
  attempt: 0, // changes whenever what is under way no longer counts
  failures: 0,
  timer: 0,
  retryAt: 0,
  heardAt: 0,
};

// ---- connection

function connect() {
  disconnect();
  const url = new URL('ws/video', base);
  url.protocol = url.protocol.replace('http', 'ws');
  const known = wanted.filter((name) => !unknown.includes(name));
  url.search = new URLSearchParams({ camera: (known.length ? known : wanted).join() || 'all' });
  const socket = new WebSocket(url, 'twinlens.v1');
  socket.binaryType = 'arraybuffer';
  link.socket = socket;
  link.timer = setTimeout(() => failed(false), OPEN_LIMIT_MS);
  socket.onopen = () => opened();
  socket.onmessage = (event) => received(event.data);
  socket.onclose = () => failed(link.state === 'open');
}

// Forgets the socket, without waiting for the other side to agree.
function disconnect() {
  clearTimeout(link.timer);
  link.attempt++;
  const socket = link.socket;
  link.socket = null;
  if (socket) {
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}

// The page is put away, and perhaps shown again later: then wake() connects.
function leave() {
  disconnect();
  cameras.forEach((camera) => camera.picture?.stop());
  setLink('connecting');
}

function opened() {
  clearTimeout(link.timer);
  setLink('open');
  link.heardAt = performance.now();
  clock.restart();
  for (const camera of cameras.values()) {
    camera.subscribed = true;
    camera.picture?.start(true);
    subscribe(camera);
  }
  poll();
}

async function failed(wasOpen) {
  disconnect();
  cameras.forEach((camera) => camera.picture?.stop());
  const attempt = link.attempt;
  const state = wasOpen ? 'connecting' : await reasonOfRefusal();
  if (attempt !== link.attempt) {
    return;
  }
  const backOff = Math.min(FIRST_RETRY_MS * 2 ** link.failures++, LONGEST_RETRY_MS);
  const delay = (PATIENT.includes(state) ? PATIENT_RETRY_MS : backOff) * (0.8 + 0.4 * Math.random());
  link.retryAt = performance.now() + delay;
  if (!hidden) {
    link.timer = setTimeout(connect, delay); // else setVisible() does
  }
  setLink(state);
}

// A browser does not tell why a WebSocket was refused, so the status is asked for.
async function reasonOfRefusal() {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), OPEN_LIMIT_MS);
  let reason = 'unreachable';
  try {
    const answer = await fetch(new URL('api/status', base), { signal: abort.signal });
    reason = 'broken';
    takeStatus(await answer.json());
    if (wanted.length && unknown.length === wanted.length) {
      reason = 'missing';
    } else if (status.viewers.length >= status.max_viewers) {
      reason = 'full';
    }
  } catch {
    // no answer, or one that is not a status
  }
  clearTimeout(timer);
  return reason;
}

// Somebody looks, or the network is back: no reason to wait any longer.
function wake() {
  if (link.state === 'open') {
    link.heardAt = performance.now();
    poll();
  } else if (base) {
    link.failures = 0;
    connect();
  }
}

function setLink(state) {
  link.state = state;
  report();
}

// ---- messages

function send(message) {
  if (link.state === 'open' && link.socket.readyState === WebSocket.OPEN) {
    link.socket.send(JSON.stringify(message));
  }
}

function poll() {
  send({ action: 'ping', t: performance.now() });
  send({ action: 'get_status' });
}

function received(data) {
  link.heardAt = performance.now();
  link.failures = 0;
  if (typeof data === 'string') {
    const answer = JSON.parse(data);
    if (answer.status === 'success' && answer.action === 'ping') {
      clock.sample(answer.t, answer.server_us);
    } else if (answer.status === 'success' && answer.action === 'get_status') {
      takeStatus(answer.data);
    }
    return;
  }
  const frame = parseFrame(data);
  for (const camera of cameras.values()) {
    if (frame && camera.info.index === frame.index) {
      camera.picture?.push(frame);
    }
  }
}

function takeStatus(data) {
  const infos = new Map(data.cameras.map((info) => [info.name, info]));
  const names = wanted.length ? wanted.filter((name) => infos.has(name)) : [...infos.keys()];
  const before = [...cameras.keys()].join();
  const old = new Map(cameras);
  status = data;
  unknown = wanted.filter((name) => !infos.has(name));
  cameras.clear();
  for (const name of names) {
    const camera = old.get(name) ?? { name, paused: false };
    camera.info = infos.get(name);
    cameras.set(name, camera);
  }
  if (names.join() !== before) {
    postMessage({ type: 'cameras', names });
  }
  report();
}

// ---- cameras

// The page has a place for the picture: an OffscreenCanvas, or none when it draws by itself.
function attach(name, canvas) {
  const camera = cameras.get(name);
  if (!camera) {
    return;
  }
  camera.surface = canvas ? canvasSurface(canvas) : pageSurface(name);
  camera.picture = new Picture(camera.surface, clock);
  camera.picture.onfirst = report;
  subscribe(camera);
}

function canvasSurface(canvas) {
  const context = canvas.getContext('2d', { alpha: false });
  return {
    draw(bitmap) {
      if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
        canvas.width = bitmap.width;
        canvas.height = bitmap.height;
      }
      context.drawImage(bitmap, 0, 0);
      bitmap.close();
    },
  };
}

function pageSurface(name) {
  const surface = {
    draw(bitmap) {
      postMessage({ type: 'bitmap', name, bitmap }, [bitmap]);
      return new Promise((resolve) => (surface.drawn = resolve));
    },
  };
  return surface;
}

// Tells the server what this viewer wants to see, where that has changed.
function subscribe(camera) {
  const wants = !camera.paused && !hidden;
  if (link.state !== 'open' || wants === camera.subscribed || !camera.picture) {
    return;
  }
  camera.subscribed = wants;
  send({ action: wants ? 'start_camera' : 'stop_camera', camera: camera.name });
  if (wants) {
    camera.picture.start();
  } else {
    camera.picture.stop();
  }
}

function setVisible(visible) {
  clearTimeout(hiddenTimer);
  if (visible) {
    hidden = false;
    cameras.forEach(subscribe);
    wake();
  } else {
    hiddenTimer = setTimeout(() => {
      hidden = true;
      cameras.forEach(subscribe);
    }, HIDDEN_AFTER_MS);
  }
}

function stateOf(camera) {
  const { info, picture, paused } = camera;
  if (paused) {
    return 'paused';
  }
  if (link.state !== 'open') {
    return link.state;
  }
  if (picture?.isFresh(Math.max(2000, 3000 / (info.fps_target || 30)))) {
    return 'live';
  }
  return info.state === 'lost' || info.state === 'error' ? info.state : 'starting';
}

// ---- what the page is told

let reporting = false;

function report() {
  if (!reporting) {
    reporting = true;
    queueMicrotask(() => {
      reporting = false;
      postMessage({
        type: 'report',
        link: { state: link.state, retryMs: link.retryAt - performance.now() },
        missing: unknown,
        server: status,
        cameras: [...cameras.values()].map(figures),
      });
    });
  }
}

function figures(camera) {
  const { info, picture } = camera;
  const shown = picture?.shown;
  return {
    name: camera.name,
    state: stateOf(camera),
    error: info.error,
    paused: camera.paused,
    fps: picture?.fps ?? 0,
    target: info.fps_target,
    age: picture?.meanAge,
    worstAge: picture?.worstAge,
    skipped: picture?.skipped ?? 0,
    sequence: shown?.sequence,
    width: shown?.width,
    height: shown?.height,
    bytes: shown?.jpeg.length,
  };
}

let seconds = 0;

function everySecond() {
  seconds++;
  cameras.forEach((camera) => camera.picture?.measure());
  if (link.state === 'open' && !hidden) {
    const calm = ['live', 'paused'];
    const waiting = [...cameras.values()].some((camera) => !calm.includes(stateOf(camera)));
    if (performance.now() - link.heardAt > SILENCE_LIMIT_MS) {
      failed(true);
    } else if (seconds % 2 === 0 || waiting) {
      poll();
    }
  }
  report();
}

const actions = {
  open(message) {
    ({ base, wanted } = message);
    setInterval(everySecond, 1000);
    connect();
  },
  attach: ({ name, canvas }) => attach(name, canvas),
  drawn: ({ name }) => cameras.get(name)?.surface.drawn(),
  pause({ name, paused }) {
    const camera = cameras.get(name);
    if (camera) {
      camera.paused = paused;
      subscribe(camera);
      report();
    }
  },
  snapshot({ name }) {
    const picture = cameras.get(name)?.picture;
    if (picture?.shown) {
      const blob = new Blob([picture.shown.jpeg], { type: 'image/jpeg' });
      postMessage({ type: 'snapshot', name, blob, age: picture.age() || 0 });
    }
  },
  visible: ({ visible }) => setVisible(visible),
  wake,
  leave,
};

onmessage = ({ data }) => actions[data.type](data);
