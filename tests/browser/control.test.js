// What a person can do on the page.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { allLive, comparePictures, openPage, read, saveScreenshot } from './page.js';
import { waitFor, waitForState } from './page.js';
import { startServer, until } from './server.js';

const watched = async (server) => (await server.status()).viewers.map((viewer) => viewer.cameras);

test('pause stops one camera, resume starts it', { timeout: 40000 }, async (t) => {
  const server = await startServer(t);
  const page = await openPage(t, server);
  await waitFor(page, 'live cameras', allLive);
  await page.click('[data-camera=cam1] [data-action=pause]');
  await waitForState(page, 'cam1', 'paused');
  await until('only cam0 watched', async () => String(await watched(server)) === 'cam0');
  await sleep(1200);
  const before = await read(page);
  assert.equal((await comparePictures(page, 'cam1')).moved, 0);
  await sleep(1500);
  const after = await read(page);
  assert.equal(after.tiles[1].sequence, before.tiles[1].sequence);
  assert.match(await page.textContent('[data-camera=cam1] [data-field=age]'), /^\d,\d{3} ms$/);
  assert.ok(Number(after.tiles[0].sequence) > Number(before.tiles[0].sequence) + 20);
  assert.equal(after.tiles[0].state, 'live');

  await page.focus('[data-camera=cam1] [data-action=pause]');
  await page.keyboard.press('Enter');
  await waitForState(page, 'cam1', 'live');
  await until('both watched', async () => (await watched(server))[0].length === 2);
  await waitFor(page, 'a newer picture', ({ tiles }) =>
    Number(tiles[1].sequence) > Number(after.tiles[1].sequence));
});

test('a snapshot is the picture shown, as a file', { timeout: 30000 }, async (t) => {
  const server = await startServer(t);
  const page = await openPage(t, server);
  await waitFor(page, 'live cameras', allLive);
  const downloading = page.waitForEvent('download', { timeout: 10000 });
  await page.click('[data-camera=cam0] [data-action=save]');
  const download = await downloading;
  assert.match(download.suggestedFilename(), /^cam0-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.jpg$/);
  const bytes = readFileSync(await download.path());
  assert.equal(bytes.subarray(0, 2).toString('hex'), 'ffd8');
  assert.equal(bytes.subarray(-2).toString('hex'), 'ffd9');
});

test('full screen shows one camera, and leaves again', { timeout: 30000 }, async (t) => {
  const server = await startServer(t);
  const page = await openPage(t, server);
  await waitFor(page, 'live cameras', allLive);
  const full = () => page.evaluate(() => document.fullscreenElement?.dataset.camera ?? null);
  await page.click('[data-camera=cam1] [data-action=full]');
  await until('full screen', async () => (await full()) === 'cam1');
  assert.ok((await comparePictures(page, 'cam1')).moved > 0);
  const dark = await page.evaluate(() => {
    const brightness = (colour) => Number(colour.match(/\d+/)[0]);
    const caption = getComputedStyle(document.fullscreenElement.querySelector('.caption'));
    const tile = getComputedStyle(document.fullscreenElement);
    return { text: brightness(caption.color), tile: brightness(tile.backgroundColor) };
  });
  assert.ok(dark.text > 200 && dark.tile < 40, `in the light theme, too: ${JSON.stringify(dark)}`);
  await page.click('[data-camera=cam1] [data-action=full]');
  await until('the whole page', async () => (await full()) === null);
});

test('the language is the browser\'s until one is chosen', { timeout: 30000 }, async (t) => {
  const server = await startServer(t);
  const page = await openPage(t, server, { locale: 'zh-CN' });
  await waitFor(page, 'live cameras', allLive);
  const state = () => page.textContent('[data-camera=cam0] .state');
  const pause = () => page.getAttribute('[data-camera=cam0] [data-action=pause]', 'aria-label');
  assert.equal(await state(), '实时');
  assert.equal(await pause(), '暂停 cam0');
  assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN');
  await page.click('#language');
  assert.equal(await state(), 'live');
  assert.equal(await pause(), 'Pause cam0');
  await page.reload();
  await waitFor(page, 'live cameras', allLive);
  assert.equal(await state(), 'live');
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
});

test('the theme is the system\'s until one is chosen', { timeout: 30000 }, async (t) => {
  const server = await startServer(t);
  const page = await openPage(t, server, { colorScheme: 'dark' });
  await waitFor(page, 'live cameras', allLive);
  const brightness = () =>
    page.evaluate(() => Number(getComputedStyle(document.body).backgroundColor.match(/\d+/)[0]));
  const expectTheme = (dark) =>
    until(dark ? 'dark' : 'light', async () => (await brightness()) < 128 === dark, 2000);
  await expectTheme(true);
  await saveScreenshot(page, 'dark');
  await page.click('#theme-switch');
  await expectTheme(false);
  await page.reload();
  await expectTheme(false);
  await page.click('#theme-switch');
  await expectTheme(true);
  await page.emulateMedia({ colorScheme: 'light' });
  await expectTheme(false);
});

test('a hidden page is sent no pictures', { timeout: 40000 }, async (t) => {
  const server = await startServer(t);
  const page = await openPage(t, server);
  await waitFor(page, 'live cameras', allLive);
  const setHidden = (hidden) =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { value, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  await setHidden(true);
  await until('nothing watched', async () => String(await watched(server)) === '');
  await sleep(1200);
  const before = await read(page);
  await sleep(1200);
  assert.deepEqual((await read(page)).tiles.map((tile) => tile.sequence),
    before.tiles.map((tile) => tile.sequence));
  assert.equal((await server.status()).viewers.length, 1);
  await setHidden(false);
  await waitFor(page, 'newer pictures', ({ tiles }) =>
    tiles.every((tile, i) => tile.state === 'live' && tile.sequence !== before.tiles[i].sequence));
});

test('a page that was put away comes back with new pictures', { timeout: 40000 }, async (t) => {
  const server = await startServer(t);
  const page = await openPage(t, server);
  const before = await waitFor(page, 'live cameras', allLive);
  const transition = (name) =>
    page.evaluate((type) => dispatchEvent(new PageTransitionEvent(type, { persisted: true })), name);
  await transition('pagehide');
  await until('no viewer', async () => (await server.status()).viewers.length === 0);
  await waitFor(page, 'connecting', ({ link, tiles }) =>
    link === 'connecting' && tiles.every((tile) => tile.state === 'connecting'), 2000);
  await transition('pageshow');
  await waitFor(page, 'newer pictures', (now) => allLive(now)
    && now.tiles.every((tile, i) => Number(tile.sequence) > Number(before.tiles[i].sequence) + 30), 4000);
  assert.deepEqual(page.errors, []);
});
