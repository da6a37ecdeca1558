"use strict";
// Without this script everything is shown; with it, what is looked for.
const all = (selector) => [...document.querySelectorAll(selector)];
const controls = document.querySelector(".controls");
const find = document.getElementById("find");
const count = document.getElementById("count");
const chips = all(".controls [aria-pressed]");
const changes = all(".change").map((box) => ({
  box,
  action: box.dataset.action,
  levels: box.dataset.levels.split(","),
  survey: box.dataset.survey,
  text: box.textContent.replace(/\s+/g, " ").toLowerCase(),
}));
const rows = all(".risks tbody tr").map((box) => ({ box, level: box.dataset.level, of: box.dataset.of.split(" ").map((one) => `change-${one}`) }));
const talks = all(".talk");
const groups = all(".group").map((box) => ({ box, members: [...box.querySelectorAll(".change, .talk, .risks tbody tr")] }));
const FEW = 25; // as many changes stand open at first, and half as many conversations

const pressed = (chip) => chip.getAttribute("aria-pressed") === "true";
const chosen = (by) => chips.filter((chip) => chip.dataset.by === by && pressed(chip)).map((chip) => chip.value);
const hide = (box, away) => { if (box.hidden !== away) box.hidden = away; };

function show() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const levels = chosen("level");
  const actions = chosen("action");
  const numbers = new Set();
  const surveys = new Set();
  for (const one of changes) {
    const fits = (!levels.length || one.levels.some((level) => levels.includes(level)))
      && (!actions.length || actions.includes(one.action))
      && words.every((word) => one.text.includes(word));
    if (fits) { numbers.add(one.box.id); surveys.add(one.survey); }
    hide(one.box, !fits);
  }
  for (const { box, level, of } of rows) hide(box, !of.some((id) => numbers.has(id)) || (levels.length > 0 && !levels.includes(level)));
  for (const talk of talks) hide(talk, !surveys.has(talk.dataset.survey));
  for (const { box, members } of groups) {
    const seen = members.filter((one) => !one.hidden).length;
    hide(box, seen === 0);
    box.querySelector(".shown").textContent = seen < members.length ? `(${seen} of ${members.length} shown)` : "";
  }
  count.textContent = numbers.size === changes.length ? `All ${changes.length} changes are shown.`
    : `${numbers.size} of ${changes.length} changes are shown. Escape shows all.`;
}

function reset() {
  find.value = "";
  for (const chip of chips) chip.setAttribute("aria-pressed", "false");
  show();
}

// Who follows a link wants to see where it leads: by number, or by the address of a resource.
function follow() {
  let id = location.hash.slice(1);
  try { id = decodeURIComponent(id); } catch { /* it is no encoded address: taken as it stands */ }
  const target = id && document.getElementById(id);
  if (!target || !target.closest("main")) return;
  if (target.closest("[hidden]")) reset();
  for (let one = target; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
  target.scrollIntoView();
  target.closest("details")?.querySelector("summary").focus({ preventScroll: true });
}

if (controls) {
  controls.hidden = false;
  if (changes.length > FEW) for (const { box } of changes) box.open = /blocked|critical|high/.test(box.dataset.levels);
  if (talks.length > FEW / 2) for (const box of talks) box.open = false;
  find.addEventListener("input", show);
  for (const { box, members } of groups) box.classList.toggle("many", members.length > FEW);
  for (const chip of chips) {
    chip.addEventListener("click", () => { chip.setAttribute("aria-pressed", String(!pressed(chip))); show(); });
  }
  document.getElementById("reset").addEventListener("click", reset);
  for (const [id, open] of [["open", true], ["close", false]]) {
    document.getElementById(id).addEventListener("click", () => { for (const box of all("main details")) box.open = open; });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && (find.value || chips.some(pressed))) { event.preventDefault(); reset(); }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("a")?.hash !== location.hash || !location.hash) return;
    event.preventDefault(); // the hash stays the same, so nothing would tell that the link was followed again
    follow();
  });
  addEventListener("hashchange", follow);
  show();
  follow();
}

// Paper has nothing to open.
const paper = matchMedia("print");
let closed = [];
paper.addEventListener("change", () => {
  if (paper.matches) closed = all("details:not([open])");
  for (const box of closed) box.open = paper.matches;
});
