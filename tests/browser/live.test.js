// The main thing: both cameras, moving, fresh, at full rate.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { judge } from './measure.js';
import { allLive, comparePictures, openPage, read, saveScreenshot, waitFor } from './page.js';
import { startServer } from './server.js';

function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

async function assertMoving(page, camera) {
  const { moved, contrast } = await comparePictures(page, camera);
  assert.ok(contrast > 60, `${camera} is one colour: contrast ${contrast}`);
  assert.ok(moved > 0.002, `${camera} stands still: ${moved} of its pixels changed`);
}

// Whether both pictures are fresh and fast enough, and the figures.
async function measure(page) {
  const ages = [];
  const rates = { cam0: [], cam1: [] };
  for (let i = 0; i < 20; i++) {
    await sleep(500);
    for (const tile of (await read(page)).tiles) {
      ages.push(Number(tile.ageMs));
      rates[tile.camera].push(Number(tile.fps));
    }
  }
  const [early, late] = [ages.slice(0, 12), ages.slice(-12)].map((part) => quantile(part, 0.5));
  const p90 = quantile(ages, 0.9);
  const slowest = Math.min(...Object.values(rates).map((list) => quantile(list, 0.5)));
  assert.ok(ages.every((age) => age >= 0), `an age below 0: ${ages}`);
  const isGood = p90 < 200 && late - early < 50 && slowest >= 25;
  return [isGood, `age p90 ${p90} ms, median ${early} then ${late} ms; ${slowest} fps`];
}

test('both pictures move, at 25 fps or more, and stay fresh', { timeout: 90000 }, async (t) => {
  const server = await startServer(t);
  const page = await openPage(t, server);
  await waitFor(page, 'two live cameras', (now) => allLive(now) && now.tiles.length === 2);
  await sleep(3000);
  await assertMoving(page, 'cam0');
  await assertMoving(page, 'cam1');

  await judge(t, () => measure(page));
  assert.deepEqual(page.errors, []);
  await saveScreenshot(page, 'live');
});

test('/?camera=cam1 shows one camera', { timeout: 30000 }, async (t) => {
  const server = await startServer(t);
  const page = await openPage(t, server, { path: '?camera=cam1' });
  const { tiles } = await waitFor(page, 'a live camera', allLive);
  assert.deepEqual(tiles.map((tile) => tile.camera), ['cam1']);
  await assertMoving(page, 'cam1');
  const { viewers } = await server.status();
  assert.deepEqual(viewers.map((viewer) => viewer.cameras), [['cam1']]);
});

test('/?camera=cam1,cam0 shows both, an unknown one is named', { timeout: 30000 }, async (t) => {
  const server = await startServer(t);
  const both = await openPage(t, server, { path: '?camera=cam1,cam0' });
  assert.equal((await waitFor(both, 'live cameras', allLive)).tiles.length, 2);
  const page = await openPage(t, server, { path: '?camera=cam0,<b>cam7</b>' });
  const { tiles } = await waitFor(page, 'a live camera', allLive);
  assert.deepEqual(tiles.map((tile) => tile.camera), ['cam0']);
  assert.match(await page.textContent('#notice'), /<b>cam7<\/b>.*\n.*cam0, cam1/);
});

test('without OffscreenCanvas the page draws by itself', { timeout: 30000 }, async (t) => {
  const server = await startServer(t);
  const page = await openPage(t, server, {
    init: () => delete HTMLCanvasElement.prototype.transferControlToOffscreen,
  });
  await waitFor(page, 'two live cameras', (now) => allLive(now) && now.tiles.length === 2);
  await assertMoving(page, 'cam0');
  await assertMoving(page, 'cam1');
});

test('on a phone the pictures stand below each other and fit', { timeout: 30000 }, async (t) => {
  const server = await startServer(t);
  const page = await openPage(t, server, {
    viewport: { width: 360, height: 740 },
    colorScheme: 'dark',
    locale: 'zh-CN',
  });
  await waitFor(page, 'two live cameras', (now) => allLive(now) && now.tiles.length === 2);
  await saveScreenshot(page, 'phone');
  const layout = await page.evaluate(() => ({
    overflow: document.documentElement.scrollWidth - innerWidth,
    boxes: [...document.querySelectorAll('.picture')].map((box) => box.getBoundingClientRect().toJSON()),
  }));
  assert.ok(layout.overflow <= 0, `${layout.overflow} px too wide`);
  const [first, second] = layout.boxes;
  assert.ok(second.top > first.bottom && first.width > 300, JSON.stringify(layout.boxes));
});

const isOneLine = (page, selector) =>
  page.evaluate((query) => {
    const range = document.createRange();
    range.selectNodeContents(document.querySelector(query));
    return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size === 1;
  }, selector);

test('the header stays on one line on narrow screens', { timeout: 60000 }, async (t) => {
  const server = await startServer(t);
  const pages = [];
  for (const locale of ['en', 'zh-CN']) {
    for (const width of [320, 375]) {
      pages.push(await openPage(t, server, { locale, viewport: { width, height: 640 } }));
    }
  }
  await waitFor(pages.at(-1), 'live cameras', allLive);
  await server.stop();
  for (const page of pages) {
    await waitFor(page, 'unreachable', ({ link }) => link === 'unreachable', 15000);
    const { lang, overflow, cut } = await page.evaluate(() => ({
      lang: document.documentElement.lang,
      overflow: document.documentElement.scrollWidth - innerWidth,
      cut: document.querySelector('#link').scrollWidth - document.querySelector('#link').clientWidth,
    }));
    const where = `${lang} at ${page.viewportSize().width} px`;
    for (const part of ['#link', '#language']) {
      assert.ok(await isOneLine(page, part), `${part} is broken: ${where}`);
    }
    assert.ok(overflow <= 0 && cut <= 0, `${overflow} px too wide, ${cut} px cut off: ${where}`);
    await saveScreenshot(page, `narrow-${lang}-${page.viewportSize().width}`);
  }
});

test('on a phone on its side everything fits the window', { timeout: 30000 }, async (t) => {
  const server = await startServer(t);
  const page = await openPage(t, server, { viewport: { width: 812, height: 375 } });
  await waitFor(page, 'two live cameras', (now) => allLive(now) && now.tiles.length === 2);
  await saveScreenshot(page, 'side');
  const bottoms = await page.evaluate(() =>
    [...document.querySelectorAll('.caption dd, #server dd')].map((node) => node.getBoundingClientRect().bottom));
  assert.equal(bottoms.length, 15);
  assert.ok(Math.max(...bottoms) <= 375, String(bottoms));
  const widths = await page.evaluate(() =>
    [...document.querySelectorAll('.picture')].map((node) => node.getBoundingClientRect().width));
  assert.ok(Math.min(...widths) > 200, String(widths));
});
