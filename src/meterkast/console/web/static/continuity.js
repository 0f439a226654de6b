// Asks the model again while a slider moves: one question at a time, always the newest.
(() => {
  const form = document.getElementById("sliders");
  const answer = document.getElementById("answer");
  const twin = document.getElementById("twin");
  const written = new Intl.NumberFormat(document.documentElement.lang);
  let asking = false;
  let again = false;

  const query = () => {
    const wish = new URLSearchParams(new FormData(form));
    if (!wish.has("lost")) form.querySelector("[name=lost]").checked = true;
    return new URLSearchParams(new FormData(form)).toString();
  };

  const ask = async () => {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    do {
      again = false;
      const wish = query();
      try {
        const told = await fetch(`/continuity/answer?${wish}`);
        if (told.ok) answer.innerHTML = await told.text();
      } catch {
        // The server has gone; the last answer stays on show.
      }
      history.replaceState(null, "", `/continuity?${wish}`);
      twin.href = `/api/continuity.json?${wish}`;
    } while (again);
    asking = false;
  };

  form.addEventListener("input", (event) => {
    const shown = form.querySelector(`output[for="${event.target.id}"]`);
    if (shown) shown.textContent = written.format(event.target.value) + shown.dataset.unit;
    ask();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
})();
