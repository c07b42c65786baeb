// What the page says when something is wrong, and that it finds back by itself.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { allLive, comparePictures, openPage, read, saveScreenshot } from './page.js';
import { waitFor, waitForState } from './page.js';
import { startServer, TWO_CAMERAS, until } from './server.js';

test('it comes back after a restart of the server', { timeout: 60000 }, async (t) => {
  const server = await startServer(t);
  const page = await openPage(t, server);
  await waitFor(page, 'live cameras', allLive);
  await server.stop();
  await waitFor(page, 'unreachable', (now) =>
    now.link === 'unreachable' && now.tiles.every((tile) => tile.state === 'unreachable'));
  assert.match(await page.textContent('[data-camera=cam0] .veil'), /Retrying/);
  await saveScreenshot(page, 'unreachable');
  await server.start();
  await waitFor(page, 'live cameras', allLive);
  assert.ok((await comparePictures(page, 'cam0')).moved > 0);
  assert.equal((await server.status()).viewers.length, 1);
});

test('the fifth viewer sees "full", and gets in when one leaves', { timeout: 60000 }, async (t) => {
  const server = await startServer(t, ...TWO_CAMERAS, '--max-viewers', '4');
  const first = await openPage(t, server);
  await waitFor(first, 'live cameras', allLive);
  await first.evaluate(() => {
    window.others = [1, 2, 3].map(() => new WebSocket(new URL('ws/video', location.href.replace('http', 'ws'))));
  });
  await until('four viewers', async () => (await server.status()).viewers.length === 4);
  const fifth = await openPage(t, server);
  await waitFor(fifth, 'full', (now) =>
    now.link === 'full' && now.tiles.length === 2 && now.tiles.every((tile) => tile.state === 'full'));
  assert.match(await fifth.textContent('[data-camera=cam0] .veil'), /Every place is taken/);
  await saveScreenshot(fifth, 'full');
  await fifth.waitForTimeout(4000);
  assert.equal((await read(fifth)).link, 'full');
  assert.ok(allLive(await read(first)));
  await first.evaluate(() => window.others[0].close());
  await waitFor(fifth, 'live cameras', allLive);
});

test('a lost camera says so, the other one goes on', { timeout: 40000 }, async (t) => {
  const server = await startServer(t, '--camera', 'cam0=synthetic', '--camera', 'cam1=v4l2:/dev/video99');
  const page = await openPage(t, server);
  await waitForState(page, 'cam1', 'lost');
  await waitForState(page, 'cam0', 'live');
  const veil = (part) => page.textContent(`[data-camera=cam1] .veil ${part}`);
  assert.match(await veil('span'), /^The device is gone or frozen/);
  assert.match(await veil('small'), /video99/);
  await page.click('#language');
  assert.equal(await veil('strong'), '摄像头丢失');
  assert.equal(await veil('span'), '设备已断开或停止响应，服务器正在持续重试。');
  assert.match(await veil('small'), /video99/);
  assert.ok((await comparePictures(page, 'cam0')).moved > 0);
  await saveScreenshot(page, 'lost');
});

test('an alert of the recorder stands on the page until it is over', { timeout: 60000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'twinlens-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'state.json');
  const write = (...alerts) => {
    const now = Date.now();
    writeFileSync(`${file}.tmp`, JSON.stringify({ version: 1, unix_ms: now, interval_ms: 60000, alerts }));
    renameSync(`${file}.tmp`, file);
  };
  const memory = { name: 'memory', figure: 'memory.used_percent', op: '>', value: 91.25, limit: 85.05 };
  const door = { name: '<b>door</b>', figure: 'camera.door.state', op: '>=', value: 'error', limit: 'lost' };
  const since = '2026-11-27T19:20:00Z';
  const server = await startServer(t, ...TWO_CAMERAS, '-o', `server.watch_state=${file}`);
  const page = await openPage(t, server, { timezoneId: 'UTC' });
  await waitFor(page, 'live cameras', allLive);
  assert.ok(await page.isHidden('#alerts'));
  const alerts = () => page.locator('#alerts:not([hidden]) li').allTextContents();
  write({ ...memory, since }, { ...door, since });
  await until('two alerts', async () => (await alerts()).length === 2);
  assert.match((await alerts())[0], /^Alert memory: memory\.used_percent is 91\.3 % \(limit: > 85\.05 %\), since Nov 27, 2026, 7:20/);
  assert.match((await alerts())[1], /^Alert <b>door<\/b>: camera\.door\.state is error \(limit: >= lost\), since /);
  await saveScreenshot(page, 'alerts');
  await page.click('#language');
  assert.match((await alerts())[0], /^告警 memory：memory\.used_percent 当前为 91\.3 %（触发条件：> 85\.05 %），自 2026年11月27日/);
  write({ ...memory, value: 80, since });
  await until('one alert, with its new value', async () => /80 %/.test(await alerts()));
  assert.equal((await alerts()).length, 1);
  write();
  await until('no alert', () => page.isHidden('#alerts'));
  assert.ok(allLive(await read(page)));
  assert.deepEqual(page.errors, []);
});

// Puts pictures into a folder that is there at once, with all of them.
function makeFolder(path, pictures) {
  mkdirSync(`${path}.new`);
  pictures.forEach((bytes, i) => writeFileSync(join(`${path}.new`, `${i}.jpg`), bytes));
  renameSync(`${path}.new`, path);
}

test('a camera that comes back is live again, twice', { timeout: 90000 }, async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'twinlens-'));
  t.after(() => rmSync(root, { recursive: true }));
  const folder = join(root, 'pictures');
  const cameras = ['--camera', 'cam0=synthetic', '--camera', `cam1=replay:${folder},fps=30`];
  const server = await startServer(t, ...cameras);
  const pictures = [];
  for (let i = 0; i < 8; i++) {
    const answer = await fetch(new URL('snapshot/cam0', server.url));
    pictures.push(Buffer.from(await answer.arrayBuffer()));
    await sleep(120);
  }
  const page = await openPage(t, server);
  await waitForState(page, 'cam1', 'lost');
  for (let round = 0; round < 2; round++) {
    makeFolder(folder, pictures);
    await waitForState(page, 'cam1', 'live');
    const before = await waitFor(page, 'live cameras', allLive);
    const looks = await Promise.all([100, 170, 230].map((ms) => comparePictures(page, 'cam1', ms)));
    assert.ok(looks.some(({ moved }) => moved > 0), JSON.stringify(looks));
    rmSync(folder, { recursive: true });
    const after = await waitForState(page, 'cam1', 'lost');
    assert.equal(after.tiles[0].state, 'live');
    assert.ok(Number(after.tiles[0].sequence) > Number(before.tiles[0].sequence));
  }
});

test('with no camera of the asked name it says which there are', { timeout: 30000 }, async (t) => {
  const server = await startServer(t);
  const page = await openPage(t, server, { path: '?camera=attic' });
  await waitFor(page, 'missing', (now) => now.link === 'missing' && now.tiles.length === 0);
  assert.match(await page.textContent('#notice'), /attic.*\n.*cam0, cam1/);
  await page.waitForTimeout(5000);
  assert.equal((await read(page)).link, 'missing');
  assert.deepEqual((await server.status()).viewers, []);
  assert.match(await page.textContent('#notice'), /Retrying in \d s$/);
});
