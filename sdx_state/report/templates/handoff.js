"use strict";
const boxes = [...document.querySelectorAll("input[data-step]")];
const store = "sdx-state hand-off " + document.body.dataset.key;
let ticked = new Set();
try { ticked = new Set(JSON.parse(localStorage.getItem(store) || "[]")); } catch { /* kept for this visit only */ }
function show() {
  for (const box of boxes) box.closest(".step").classList.toggle("done", box.checked);
  const count = boxes.filter((box) => box.checked).length;
  const label = document.getElementById("count");
  if (label) {
    label.textContent = count;
    document.getElementById("bar").style.width = (100 * count) / boxes.length + "%";
  }
}
for (const box of boxes) {
  box.checked = ticked.has(box.dataset.step);
  box.addEventListener("change", () => {
    if (box.checked) ticked.add(box.dataset.step); else ticked.delete(box.dataset.step);
    try { localStorage.setItem(store, JSON.stringify([...ticked])); } catch { /* as above */ }
    show();
  });
}
async function copy(text) {
  try { await navigator.clipboard.writeText(text); return true; } catch { /* not allowed: the older way */ }
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.addEventListener("click", async () => {
    button.textContent = (await copy(button.dataset.copy)) ? "Copied" : "Select it";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
}
show();
