// Runs before the first paint, so that the chosen appearance never flashes. Automatic is the absence of a choice.
(() => {
  const choices = ["auto", "light", "dark"];
  const kept = () => {
    try {
      return localStorage.getItem("theme") ?? "auto";
    } catch {
      return "auto";
    }
  };

  const apply = (choice) => {
    if (choice === "auto") {
      document.documentElement.removeAttribute("data-theme");
    } else {
      document.documentElement.setAttribute("data-theme", choice);
    }
    for (const button of document.querySelectorAll("#theme button")) {
      button.setAttribute("aria-pressed", String(button.value === choice));
    }
    document.dispatchEvent(new Event("theme"));
  };

  const choose = (choice) => {
    try {
      localStorage.setItem("theme", choice);
    } catch {
      // A browser that keeps nothing still shows what was chosen.
    }
    apply(choice);
  };

  const start = choices.includes(kept()) ? kept() : "auto";
  apply(start);
  document.addEventListener("DOMContentLoaded", () => {
    const group = document.getElementById("theme");
    group.hidden = false;
    group.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) choose(button.value);
    });
    apply(start);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    document.dispatchEvent(new Event("theme"));
  });
})();
