// web/picture.js by itself, with a decoder that the test lets go on: the newest frame wins, every
// lost one is counted, every bitmap is handed on or closed, and the clock believes the quickest.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const source = readFileSync(new URL('../../web/picture.js', import.meta.url), 'base64');
const { Clock, Picture, parseFrame } = await import(`data:text/javascript;base64,${source}`);

function message({ version = 1, type = 1, index = 0, sequence = 1, us = 0n, skipped = 0, size = 4 }) {
  const view = new DataView(new ArrayBuffer(32 + size));
  view.setUint8(0, version);
  view.setUint8(1, type);
  view.setUint8(2, index);
  view.setUint32(4, sequence);
  view.setBigUint64(8, us);
  view.setUint32(28, skipped);
  return view.buffer;
}

// A Picture whose decodes wait for decodes.shift()(), and what became of each bitmap.
function makePicture(t) {
  const decodes = [];
  const seen = { drawn: [], closed: 0, made: 0 };
  globalThis.createImageBitmap = () =>
    new Promise((resolve, reject) => {
      const bitmap = { width: 4, height: 3, close: () => seen.closed++ };
      decodes.push((isPicture = true) => {
        seen.made += isPicture ? 1 : 0;
        return isPicture ? resolve(bitmap) : reject(new Error('not a picture'));
      });
    });
  t.after(() => delete globalThis.createImageBitmap);
  const surface = {
    draw(bitmap) {
      seen.drawn.push(bitmap);
      bitmap.close();
    },
  };
  const picture = new Picture(surface, new Clock());
  picture.start(true);
  const push = (sequence, skipped = 0) => picture.push(parseFrame(message({ sequence, skipped })));
  return { picture, decodes, seen, push };
}

test('a header is read as it was written', () => {
  const frame = parseFrame(message({ index: 3, sequence: 4000000000, us: 2n ** 40n + 500n, skipped: 7 }));
  assert.equal(frame.index, 3);
  assert.equal(frame.sequence, 4000000000);
  assert.ok(Math.abs(frame.captured - (2 ** 40 + 500) / 1000) < 0.001);
  assert.equal(frame.skipped, 7);
  assert.equal(frame.jpeg.length, 4);
});

test('what is not a frame is none', () => {
  assert.equal(parseFrame(new ArrayBuffer(0)), null);
  assert.equal(parseFrame(message({ size: 0 })), null);
  assert.equal(parseFrame(message({ version: 2 })), null);
  assert.equal(parseFrame(message({ type: 9 })), null);
});

test('one decode at a time, the newest frame next, the others skipped', async (t) => {
  const { picture, decodes, seen, push } = makePicture(t);
  for (let sequence = 1; sequence <= 5; sequence++) {
    push(sequence);
  }
  assert.equal(decodes.length, 1);
  decodes.shift()();
  await sleep(1);
  assert.equal(picture.shown.sequence, 1);
  decodes.shift()();
  await sleep(1);
  assert.equal(picture.shown.sequence, 5);
  assert.equal(decodes.length, 0);
  assert.equal(picture.skipped, 3);
  assert.equal(seen.drawn.length, 2);
  assert.equal(seen.closed, 2);
});

test('a broken picture is skipped, the next one is shown', async (t) => {
  const { picture, decodes, push } = makePicture(t);
  push(1);
  decodes.shift()(false);
  await sleep(1);
  assert.equal(picture.shown, null);
  assert.equal(picture.skipped, 1);
  push(2);
  decodes.shift()();
  await sleep(1);
  assert.equal(picture.shown.sequence, 2);
});

test('a picture decoded after the stop is closed, not drawn', async (t) => {
  const { picture, decodes, seen, push } = makePicture(t);
  push(1);
  push(2);
  picture.stop();
  decodes.shift()();
  await sleep(1);
  push(3);
  assert.equal(decodes.length, 0);
  assert.deepEqual(seen.drawn, []);
  assert.equal(seen.closed, seen.made);
});

test('what the server skipped is added up over connections', async (t) => {
  const { picture, decodes, push } = makePicture(t);
  const show = async (...frame) => {
    push(...frame);
    decodes.shift()();
    await sleep(1);
  };
  await show(1, 2);
  await show(2, 5);
  assert.equal(picture.skipped, 5);
  picture.stop();
  picture.start(true);
  await show(1, 1);
  assert.equal(picture.skipped, 6);
});

test('the clock believes the quickest answer', () => {
  const clock = new Clock();
  assert.equal(clock.known(), false);
  const now = performance.now();
  clock.sample(now, (now + 5000) * 1000);
  const quick = clock.offset;
  assert.ok(Math.abs(quick - 5000) < 5);
  clock.sample(now - 400, (now + 5000) * 1000);
  assert.equal(clock.offset, quick);
  for (let i = 0; i < 12; i++) {
    clock.sample(performance.now() - 20, (performance.now() + 7000) * 1000);
  }
  assert.ok(Math.abs(clock.offset - 7000) < 20, 'old answers are forgotten');
});
