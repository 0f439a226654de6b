// Marks the chosen home, follows its newest day, and lets the reader hold the live part still.
(() => {
  const pause = document.getElementById("pause");
  const notice = document.getElementById("notice");
  const panel = () => document.getElementById("day");
  const held = () => pause.getAttribute("aria-pressed") === "true";
  const here = () => `/?lang=${document.documentElement.lang}`;

  const mark = () => {
    for (const row of document.querySelectorAll("tr[data-ean]")) {
      const link = row.querySelector("a.pick");
      if (row.dataset.ean === panel().dataset.ean) {
        link.setAttribute("aria-current", "true");
      } else {
        link.removeAttribute("aria-current");
      }
    }
  };

  const show = (ean) =>
    htmx.ajax("GET", `${here()}&home=${ean}`, { target: "#day", select: "#day", swap: "outerHTML" });

  const follow = () => {
    const day = panel();
    const row = document.querySelector(day.dataset.ean ? `tr[data-ean="${day.dataset.ean}"]` : "tr[data-ean]");
    const follows = "follows" in day.dataset || !day.dataset.ean;
    if (row && follows && row.dataset.last !== (day.dataset.last ?? "")) show(row.dataset.ean);
  };

  const hold = (still) => {
    pause.setAttribute("aria-pressed", String(still));
    pause.textContent = still ? pause.dataset.resume : pause.dataset.pause;
    notice.textContent = still ? notice.dataset.paused : "";
    if (!still) htmx.ajax("GET", here(), { target: "#live", select: "#live", swap: "outerMorph" });
  };

  let drawnPanel = panel();
  document.addEventListener("htmx:after:swap", () => {
    mark();
    if (panel() === drawnPanel) return;
    drawnPanel = panel();
    document.dispatchEvent(new Event("day"));
  });
  document.addEventListener("htmx:sse:before:message", (event) => {
    if (held()) event.preventDefault();
  });
  document.addEventListener("htmx:sse:after:message", follow);
  document.addEventListener("htmx:sse:error", () => {
    notice.textContent = notice.dataset.offline;
  });
  document.addEventListener("htmx:sse:after:connection", () => {
    notice.textContent = held() ? notice.dataset.paused : "";
  });
  pause.addEventListener("click", () => hold(!held()));
  pause.hidden = false;
  mark();
})();
