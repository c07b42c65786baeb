// One camera's picture in the Worker: the newest frame is decoded, drawn and counted.
//
// At most one decode is in flight, and at most one frame waits for it; a newer frame takes the
// waiting one's place and the lost one counts as skipped. So a slow browser shows fewer frames,
// never older ones, and memory does not depend on how slow it is.

const HEADER_BYTES = 32;
const MICROS_HIGH = 2 ** 32 / 1000;

// The header of subprotocol twinlens.v1, times in milliseconds, or null when it is something else.
export function parseFrame(buffer) {
  if (buffer.byteLength <= HEADER_BYTES) {
    return null;
  }
  const view = new DataView(buffer);
  if (view.getUint8(0) !== 1 || view.getUint8(1) !== 1) {
    return null;
  }
  return {
    index: view.getUint8(2),
    sequence: view.getUint32(4),
    captured: view.getUint32(8) * MICROS_HIGH + view.getUint32(12) / 1000,
    skipped: view.getUint32(28),
    jpeg: new Uint8Array(buffer, HEADER_BYTES),
  };
}

export class Picture {
  // surface.draw(bitmap) shows and closes the bitmap; what it returns is awaited.
  constructor(surface, clock) {
    this.surface = surface;
    this.clock = clock;
    this.shown = null; // the frame on the screen; its bytes are the snapshot
    this.shownAt = -Infinity;
    this.skipped = 0;
    this.fps = 0;
    this.waiting = null;
    this.busy = false;
    this.stopped = true;
    this.serverSkipped = 0;
    this.forget();
  }

  // The server counts a new viewer's skipped frames from zero again.
  start(asNewViewer = false) {
    this.stopped = false;
    this.forget();
    if (asNewViewer) {
      this.serverSkipped = 0;
    }
  }

  stop() {
    this.stopped = true;
    this.waiting = null;
    this.forget();
  }

  forget() {
    this.fps = 0;
    this.recent = { at: performance.now(), drawn: 0, ages: [], rates: [] };
  }

  push(frame) {
    if (this.stopped) {
      return;
    }
    this.skipped += frame.skipped - (frame.skipped < this.serverSkipped ? 0 : this.serverSkipped);
    this.serverSkipped = frame.skipped;
    if (this.waiting) {
      this.skipped++;
    }
    this.waiting = frame;
    if (!this.busy) {
      this.drain();
    }
  }

  async drain() {
    this.busy = true;
    while (this.waiting) {
      const frame = this.waiting;
      this.waiting = null;
      try {
        const bitmap = await createImageBitmap(new Blob([frame.jpeg], { type: 'image/jpeg' }));
        if (this.stopped) {
          bitmap.close();
          continue;
        }
        frame.width = bitmap.width;
        frame.height = bitmap.height;
        await this.surface.draw(bitmap);
        this.drawn(frame);
      } catch {
        this.skipped++; // not a picture: the next one may be
      }
    }
    this.busy = false;
  }

  drawn(frame) {
    const first = !this.isFresh(1000);
    this.shown = frame;
    this.shownAt = performance.now();
    this.recent.drawn++;
    if (this.clock.known()) {
      this.recent.ages.push(this.age());
    }
    if (first) {
      this.onfirst?.();
    }
  }

  isFresh(ms) {
    return performance.now() - this.shownAt < ms;
  }

  // Of the picture on the screen, in ms; NaN while the server's clock is not known.
  age() {
    return this.shown ? Math.max(0, this.clock.now() - this.shown.captured) : NaN;
  }

  // Called once a second: frames per second over the last two calls, the mean and the worst age
  // of the pictures at the moment they were drawn.
  measure() {
    const now = performance.now();
    const { at, drawn, ages, rates } = this.recent;
    rates.push({ drawn, ms: now - at });
    rates.splice(0, rates.length - 2);
    const sum = (list, value) => list.reduce((total, item) => total + value(item), 0);
    this.fps = (sum(rates, (r) => r.drawn) * 1000) / Math.max(1, sum(rates, (r) => r.ms));
    this.meanAge = ages.length ? sum(ages, (age) => age) / ages.length : this.age();
    this.worstAge = ages.length ? Math.max(...ages) : this.age();
    this.recent = { at: now, drawn: 0, ages: [], rates };
  }
}

// The server's clock in ms, by the quickest of the last answers to `ping`: the less time an
// answer took, the less it can be off.
export class Clock {
  constructor() {
    this.offset = NaN;
    this.restart();
  }

  // Another connection, perhaps to a restarted server: the old answers count no longer.
  restart() {
    this.samples = [];
  }

  known() {
    return this.samples.length > 0;
  }

  now() {
    return performance.now() + this.offset;
  }

  sample(sentMs, serverUs) {
    const now = performance.now();
    this.samples.push({ trip: now - sentMs, offset: serverUs / 1000 - (now + sentMs) / 2 });
    this.samples.splice(0, this.samples.length - 12);
    this.offset = this.samples.reduce((a, b) => (b.trip < a.trip ? b : a)).offset;
  }
}
