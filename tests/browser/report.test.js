// The HTML report of accept: a file that needs nothing else.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPage, resultPath, saveScreenshot } from './page.js';

const CHARTS = ['memory', 'pressure', 'cpu', 'fps', 'age'];

// A report made by the program that the unit tests share, as a file with a URL.
function makeReport(t, what, form = 'html') {
  const folder = mkdtempSync(join(tmpdir(), 'report-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'accept.html');
  const text = execFileSync(process.env.REPORT_SAMPLE, [what, form], { maxBuffer: 1 << 24 });
  writeFileSync(path, text);
  return { url: `file://${path}`, size: text.length, hasCharts: text.includes('id="figures"') };
}

async function openReport(t, report, options) {
  const page = await openPage(t, report, options);
  page.requests = [];
  page.on('request', (request) => page.requests.push(request.url()));
  await page.reload();
  return page;
}

const visibleText = (page) => page.evaluate(() => document.querySelector('main').innerText);
const drawn = (page) => page.evaluate(() =>
  [...document.querySelectorAll('.plot')].filter((plot) => plot.querySelector('canvas')).length);

test('a report in both languages, without a network', { timeout: 30000 }, async (t) => {
  const report = makeReport(t, 'short');
  const page = await openReport(t, report);
  assert.deepEqual(page.requests, [report.url]);
  assert.deepEqual(page.errors, []);
  const english = await visibleText(page);
  assert.match(english, /FAIL: at least one criterion is not met/);
  assert.match(english, /What speaks against it/);
  assert.doesNotMatch(english, /未通过/);
  await saveScreenshot(page, 'report-en');
  await page.click('label[for=zh]');
  const chinese = await visibleText(page);
  assert.match(chinese, /未通过：至少有一项标准未达到/);
  assert.match(chinese, /回滚方案/);
  assert.doesNotMatch(chinese, /What speaks against it/);
  await saveScreenshot(page, 'report-zh');
  assert.equal(await page.evaluate(() => document.querySelectorAll('.criteria tbody').length), 6);
});

test('the charts of a report are drawn, and zoom', { timeout: 30000 }, async (t) => {
  const report = makeReport(t, 'short');
  if (!report.hasCharts) {
    t.skip('dygraphs is missing (apt-get install libjs-dygraphs)');
    return;
  }
  const page = await openReport(t, report);
  assert.equal(await drawn(page), CHARTS.length);
  const before = await page.locator('#plot-fps .dygraph-axis-label-x').allTextContents();
  await page.locator('#plot-fps').scrollIntoViewIfNeeded();
  const box = await page.locator('#plot-fps').boundingBox();
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.5);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, box.y + box.height * 0.5, { steps: 5 });
  await page.mouse.up();
  const after = await page.locator('#plot-fps .dygraph-axis-label-x').allTextContents();
  assert.notDeepEqual(after, before);
  assert.match(await page.textContent('#legend-memory'), /available/);
  await page.click('label[for=zh]');
  assert.match(await page.textContent('#legend-memory'), /可用内存/);
  assert.deepEqual(page.errors, []);
});

test('a week of samples is small and opens fast', { timeout: 30000 }, async (t) => {
  const report = makeReport(t, 'week');
  assert.ok(report.size <= 2 * 1024 * 1024, `${report.size} bytes`);
  const page = await openReport(t, report);
  const times = [];
  for (let i = 0; i < 3; i++) {
    await page.reload();
    times.push(await page.evaluate(() => performance.getEntriesByType('navigation')[0].loadEventEnd));
  }
  t.diagnostic(`${report.size} bytes, opened in ${times.map(Math.round).join(', ')} ms`);
  assert.ok(Math.min(...times) <= 1000, `opened in ${times} ms`);
  assert.deepEqual(page.errors, []);
});

test('a report is readable without scripts and without dygraphs', { timeout: 30000 }, async (t) => {
  const withoutScript = await openReport(t, makeReport(t, 'short'), { javaScriptEnabled: false });
  await withoutScript.click('label[for=zh]');
  assert.ok(await withoutScript.locator('text=各类内存').isVisible());
  assert.equal(await withoutScript.locator('text=from second').first().isVisible(), false);
  const plain = await openReport(t, makeReport(t, 'short', 'plain'));
  assert.match(await visibleText(plain), /charts need dygraphs/);
  assert.equal(await plain.locator('figure table').count(), 2 * CHARTS.length);
  assert.deepEqual(plain.errors, []);
});

test('hostile texts stay texts', { timeout: 30000 }, async (t) => {
  const report = makeReport(t, 'hostile');
  const page = await openPage(t, report, { init: () => (window.alert = () => (window.attacked = true)) });
  assert.equal(await page.evaluate(() => window.attacked ?? false), false);
  assert.equal(await page.evaluate(() => document.querySelectorAll('.criteria tbody').length), 6);
  assert.match(await visibleText(page), /<\/script><script>alert\(1\)<\/script>/);
  assert.deepEqual(page.errors, []);
});

// Blue pixels of the printed pages: lines of charts; the text has none of that colour.
function countBlue(pdf) {
  const pages = execFileSync('pdftoppm', ['-r', '50', pdf], { maxBuffer: 1 << 26 });
  let blue = 0;
  for (let i = 0; i + 2 < pages.length; i++) {
    blue += pages[i] < 100 && pages[i + 1] > 90 && pages[i + 1] < 180 && pages[i + 2] > 190 ? 1 : 0;
  }
  return blue;
}

test('a report prints on A4', { timeout: 30000 }, async (t) => {
  const report = makeReport(t, 'short');
  const page = await openReport(t, report);
  for (const language of ['en', 'zh']) {
    await page.click(`label[for=${language}]`);
    const pdf = await page.pdf({ preferCSSPageSize: true, path: resultPath(`report-${language}.pdf`) });
    const pages = [...pdf.toString('latin1').matchAll(/\/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)/g)];
    assert.ok(pages.length > 0);
    for (const [, width, height] of pages) {
      assert.deepEqual([Math.round(width), Math.round(height)], [595, 842]);
    }
    if (report.hasCharts && existsSync('/usr/bin/pdftoppm')) {
      const blue = countBlue(resultPath(`report-${language}.pdf`));
      assert.ok(blue > 1000, `the charts are on the paper: ${blue} pixels`);
    }
  }
});
