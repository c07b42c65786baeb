// Debian's Chromium, the page in it, and what a test asks of the page.

import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { until } from './server.js';

const RESULTS = new URL('results/', import.meta.url).pathname;

let browser = null;

export async function openPage(t, server, { path = '', init, ...options } = {}) {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, ...options });
  t.after(() => context.close());
  const page = await context.newPage();
  page.errors = [];
  page.on('pageerror', (error) => page.errors.push(error.message));
  page.on('console', (line) => line.type() === 'error' && page.errors.push(line.text()));
  if (init) {
    await page.addInitScript(init);
  }
  await page.goto(server.url + path);
  return page;
}

export async function closeBrowser() {
  await browser?.close();
  browser = null;
}

// What the page says of its connection, and of each camera.
export function read(page) {
  return page.evaluate(() => ({
    link: document.body.dataset.link,
    tiles: [...document.querySelectorAll('[data-camera]')].map((tile) => ({ ...tile.dataset })),
  }));
}

export async function waitFor(page, what, check, limitMs) {
  let last;
  try {
    return await until(what, async () => check((last = await read(page))) && last, limitMs);
  } catch (error) {
    throw new Error(`${error.message}; the page: ${JSON.stringify(last)}`);
  }
}

export function allLive({ tiles }) {
  return tiles.length > 0 && tiles.every((tile) => tile.state === 'live' && Number(tile.fps) > 0);
}

export function waitForState(page, camera, state, limitMs) {
  const reached = ({ tiles }) => tiles.some((t) => t.camera === camera && t.state === state);
  return waitFor(page, `${camera} ${state}`, reached, limitMs);
}

// Share of the pixels on the screen that differ between two looks at a camera's picture, and how
// far the brightest and the darkest are apart.
export function comparePictures(page, camera, pauseMs = 300) {
  return page.evaluate(
    async ([name, ms]) => {
      const source = document.querySelector(`[data-camera="${name}"] canvas`);
      const look = () => {
        const copy = new OffscreenCanvas(160, 120);
        const context = copy.getContext('2d');
        context.drawImage(source, 0, 0, 160, 120);
        return context.getImageData(0, 0, 160, 120).data;
      };
      const before = look();
      await new Promise((resolve) => setTimeout(resolve, ms));
      const after = look();
      let differing = 0;
      for (let i = 0; i < after.length; i += 4) {
        const far = [0, 1, 2].some((c) => Math.abs(after[i + c] - before[i + c]) > 24);
        differing += far ? 1 : 0;
      }
      const bright = after.filter((_, i) => i % 4 === 1);
      return {
        moved: differing / (after.length / 4),
        contrast: Math.max(...bright) - Math.min(...bright),
      };
    },
    [camera, pauseMs],
  );
}

// For a person to look at.
export function resultPath(name) {
  mkdirSync(RESULTS, { recursive: true });
  return `${RESULTS}${name}`;
}

export async function saveScreenshot(page, name) {
  await page.screenshot({ path: resultPath(`${name}.png`) });
}

export async function worker(page) {
  return until('the Worker', () => page.workers()[0]);
}
