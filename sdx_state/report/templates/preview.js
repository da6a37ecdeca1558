"use strict";
// Without this script everything is shown; with it, the languages and channels that are chosen. The address keeps the choice.
const all = (selector) => [...document.querySelectorAll(selector)];
const controls = document.querySelector(".controls");
const chips = all(".controls button");
const pressed = (chip) => chip.getAttribute("aria-pressed") === "true";
const chosen = (by) => chips.filter((chip) => chip.dataset.by === by && pressed(chip)).map((chip) => chip.value);

function show() {
  for (const by of ["language", "channel"]) {
    const wanted = chosen(by);
    for (const box of all(`[data-${by}]`)) box.hidden = wanted.length > 0 && !wanted.includes(box.dataset[by]);
  }
  for (const columns of all(".columns")) {
    const seen = columns.querySelectorAll(":scope > :not([hidden])").length;
    columns.className = columns.className.replace(/\bof\d\b/, `of${seen}`);
    columns.hidden = seen === 0;
  }
}

function restore() {
  const kept = new URLSearchParams(location.hash.slice(1));
  for (const chip of chips) chip.setAttribute("aria-pressed", String(kept.getAll(chip.dataset.by).includes(chip.value)));
  show();
}

if (controls && chips.length) {
  controls.hidden = false;
  controls.addEventListener("click", (event) => {
    const chip = event.target.closest("button");
    if (!chip) return;
    chip.setAttribute("aria-pressed", String(!pressed(chip)));
    const kept = new URLSearchParams(chips.filter(pressed).map((one) => [one.dataset.by, one.value]));
    history.replaceState(null, "", kept.size ? `#${kept}` : location.pathname + location.search);
    show();
  });
  addEventListener("hashchange", restore);
  restore();
}

const version = document.body.dataset.version;
if (version) {
  const live = document.getElementById("live");
  const say = (text, lost) => { live.textContent = text; live.classList.toggle("lost", lost); live.hidden = false; };
  const events = new EventSource("events");
  events.addEventListener("open", () => say("Reloads when a file of the project is saved.", false));
  events.addEventListener("error", () => say("Not connected: sdx-state preview has ended.", true));
  events.addEventListener("message", (event) => { if (event.data !== version) location.reload(); });
}
