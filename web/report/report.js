// Draws the charts of the report with dygraphs. Everything else in the report needs no script.

'use strict';

(() => {
  const COLOURS = ['#0969da', '#bc4c00', '#1a7f37', '#8250df', '#bf3989', '#57606a', '#9a6700', '#0a7b83'];
  const language = () => (document.getElementById('zh').checked ? 'zh' : 'en');

  // One row for each time at which any series has a value: [time, value or null, ...].
  function toRows(began, series) {
    const rows = new Map();
    series.forEach(({ times, values }, index) => {
      let ticks = 0;
      times.forEach((step, i) => {
        ticks += step;
        if (!rows.has(ticks)) {
          rows.set(ticks, [new Date(began + ticks * 100), ...series.map(() => null)]);
        }
        rows.get(ticks)[index + 1] = values[i];
      });
    });
    return [...rows.keys()].sort((a, b) => a - b).map((key) => rows.get(key));
  }

  function labels(chart) {
    return [{ en: 'time', zh: '时间' }[language()], ...chart.series.map((one) => one.label[language()])];
  }

  function draw(began, chart) {
    const place = document.getElementById(`plot-${chart.id}`);
    return new Dygraph(place, toRows(began, chart.series), {
      labels: labels(chart),
      colors: COLOURS,
      connectSeparatedPoints: true,
      includeZero: true,
      legend: 'always',
      labelsDiv: document.getElementById(`legend-${chart.id}`),
      labelsUTC: true,
      ylabel: chart.unit,
      yLabelWidth: 14,
      strokeWidth: 1.5,
      animatedZooms: false,
    });
  }

  const { began, charts } = JSON.parse(document.getElementById('figures').textContent);
  document.body.dataset.charts = String(charts.length);
  const drawn = charts.map((chart) => ({ chart, graph: draw(began, chart) }));
  for (const radio of document.querySelectorAll('.language')) {
    radio.addEventListener('change', () => {
      drawn.forEach(({ chart, graph }) => graph.updateOptions({ labels: labels(chart) }));
    });
  }
})();
