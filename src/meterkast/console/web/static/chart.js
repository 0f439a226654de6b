// Draws one home's day from its JSON document, in the colours of the page, and again when those change.
(() => {
  const ZONE = "Europe/Amsterdam";
  const HOUR = 3600;
  const language = document.documentElement.lang;
  const hour = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: ZONE });
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const fine = new Intl.NumberFormat(language, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
  const short = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const time = (at) => hour.format(new Date(at * 1000));

  const negated = (value) => (value === null ? null : -value);
  const written = (format, unit) => (_plot, value) => (value === null ? "–" : `${format.format(Math.abs(value))} ${unit}`);

  const kinds = {
    electricity: {
      height: 280,
      unit: "W",
      ticks: (value) => whole.format(Math.abs(value)),
      intervals: (day) => day.electricity,
      rows: (all) => [all.map((each) => each.import_w), all.map((each) => negated(each.export_w))],
      series: (labels) => [
        { label: labels.import, colour: "--import", value: written(whole, "W") },
        { label: labels.export, colour: "--export", value: written(whole, "W") },
      ],
    },
    gas: {
      height: 200,
      unit: "m³",
      ticks: (value) => short.format(value),
      intervals: (day) => day.gas,
      rows: (all) => [all.map((each) => (each.gas_l === null ? null : each.gas_l / 1000))],
      series: (labels) => [{ label: labels.gas, colour: "--gas", value: written(fine, "m³") }],
    },
  };

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const axis = (more) => ({
    stroke: colour("--axis"),
    grid: { stroke: colour("--grid"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
    ...more,
  });

  const options = (kind, element, intervals, labels) => ({
    width: element.clientWidth,
    height: kind.height,
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), ZONE),
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    scales: {
      x: { range: [intervals[0].start, intervals.at(-1).end] },
      y: { range: (_plot, least, most) => uPlot.rangeNum(Math.min(least ?? 0, 0), Math.max(most ?? 0, 0), 0.1, true) },
    },
    axes: [
      axis({ values: (_plot, splits) => splits.map(time), incrs: [1, 2, 3, 4, 6, 12].map((hours) => hours * HOUR), space: 56, size: 28 }),
      axis({ values: (_plot, splits) => splits.map(kind.ticks), label: kind.unit, labelSize: 18, size: 52, labelFont: "12px system-ui, sans-serif" }),
    ],
    series: [
      {
        label: labels.period,
        value: (_plot, _at, _series, index) => {
          const each = index === null ? null : intervals[index];
          return each ? `${time(each.start)} – ${time(each.end)}` : "–";
        },
      },
      ...kind.series(labels).map((series) => ({
        label: series.label,
        value: series.value,
        stroke: colour(series.colour),
        fill: colour(series.colour),
        width: 0,
        points: { show: false },
        paths: uPlot.paths.bars({ size: [0.86, 100], align: 1 }),
      })),
    ],
  });

  let drawn = [];
  let shown = null;
  const resizer = new ResizeObserver((entries) => {
    for (const entry of entries) {
      const found = drawn.find((each) => each.element === entry.target);
      const width = Math.floor(entry.contentRect.width);
      if (found && width > 0 && width !== found.plot.width) found.plot.setSize({ width, height: found.kind.height });
    }
  });

  const clear = () => {
    for (const each of drawn) {
      resizer.unobserve(each.element);
      each.plot.destroy();
    }
    drawn = [];
  };

  const draw = () => {
    clear();
    for (const element of document.querySelectorAll("#day [data-chart]")) {
      const kind = kinds[element.dataset.chart];
      const intervals = shown ? kind.intervals(shown) : [];
      if (intervals.length === 0) continue;
      const labels = JSON.parse(element.dataset.labels);
      const data = [intervals.map((each) => each.start), ...kind.rows(intervals)];
      drawn.push({ element, kind, plot: new uPlot(options(kind, element, intervals, labels), data, element) });
      resizer.observe(element);
    }
  };

  const load = async () => {
    const address = document.getElementById("day").dataset.document;
    if (!address) return;
    const answer = await fetch(address);
    if (!answer.ok || document.getElementById("day").dataset.document !== address) return;
    shown = await answer.json();
    draw();
    document.getElementById("day").dataset.drawn = "";
  };

  document.addEventListener("theme", draw);
  document.addEventListener("day", load);
  load();
})();
