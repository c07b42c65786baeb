// Nothing leaks: what is alive after a garbage collection does not grow, and the decoded pictures
// are all closed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { allLive, openPage, waitFor, worker } from './page.js';
import { startServer } from './server.js';

const GROWTH_LIMIT_BYTES = 1024 * 1024;
const MEASURED_MS = 60000;

// The page's DevTools session, and one for its Worker wrapped in it.
async function attach(page) {
  const session = await page.context().newCDPSession(page);
  const answers = new Map();
  let lastId = 0;
  const attached = new Promise((resolve) => session.on('Target.attachedToTarget', resolve));
  session.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message);
    answers.get(id)?.(result);
  });
  await session.send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  });
  const { sessionId } = await attached;
  const inWorker = (method) =>
    new Promise((resolve) => {
      answers.set(++lastId, resolve);
      const message = JSON.stringify({ id: lastId, method });
      session.send('Target.sendMessageToTarget', { sessionId, message });
    });
  return [(method) => session.send(method), inWorker];
}

async function liveBytes(send) {
  await send('HeapProfiler.collectGarbage');
  const { usedSize, embedderHeapUsedSize, backingStorageSize } = await send('Runtime.getHeapUsage');
  return usedSize + (embedderHeapUsedSize ?? 0) + (backingStorageSize ?? 0);
}

function countBitmaps() {
  self.bitmaps = { open: 0, most: 0, made: 0 };
  const create = self.createImageBitmap;
  self.createImageBitmap = async (...values) => {
    const bitmap = await create(...values);
    const close = bitmap.close.bind(bitmap);
    self.bitmaps.made++;
    self.bitmaps.most = Math.max(self.bitmaps.most, ++self.bitmaps.open);
    bitmap.close = () => {
      self.bitmaps.open--;
      close();
    };
    return bitmap;
  };
}

test('after a minute nothing has grown', { timeout: 120000 }, async (t) => {
  const server = await startServer(t);
  const page = await openPage(t, server);
  await waitFor(page, 'live cameras', allLive);
  const target = await worker(page);
  await target.evaluate(countBitmaps);
  const sessions = await attach(page);
  await sleep(8000);
  const before = await Promise.all(sessions.map(liveBytes));
  await sleep(MEASURED_MS);
  const after = await Promise.all(sessions.map(liveBytes));
  const bitmaps = await target.evaluate(() => self.bitmaps);
  t.diagnostic(`page ${before[0]} then ${after[0]} bytes, Worker ${before[1]} then ${after[1]}`);
  t.diagnostic(`bitmaps: ${JSON.stringify(bitmaps)}`);
  assert.ok(before.every((bytes) => bytes > 0));
  assert.ok(after[0] - before[0] < GROWTH_LIMIT_BYTES, 'the page grew');
  assert.ok(after[1] - before[1] < GROWTH_LIMIT_BYTES, 'the Worker grew');
  assert.ok(bitmaps.made > 60 && bitmaps.most <= 2 && bitmaps.open <= 2, JSON.stringify(bitmaps));
  assert.deepEqual(page.errors, []);
});
