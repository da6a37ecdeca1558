"use strict";
// Without this script everything is shown; with it, what is looked for.
const filters = document.querySelector(".filters");
if (filters) {
  const find = document.getElementById("find");
  const count = document.getElementById("count");
  const changes = [...document.querySelectorAll(".change")];
  const texts = changes.map((one) => one.textContent.toLowerCase());
  const chosen = (name) => new Set([...filters.querySelectorAll(`[data-filter="${name}"]:checked`)].map((box) => box.value));
  const show = () => {
    const wanted = find.value.trim().toLowerCase();
    const actions = chosen("action");
    const levels = chosen("level");
    let shown = 0;
    changes.forEach((one, place) => {
      one.hidden = !(actions.has(one.dataset.action) && levels.has(one.dataset.level) && texts[place].includes(wanted));
      shown += !one.hidden;
    });
    count.textContent = shown === changes.length ? "" : `${shown} of ${changes.length} shown`;
  };
  // Who follows a link wants to see where it leads.
  const follow = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && target.hidden) {
      find.value = "";
      filters.querySelectorAll("[data-filter]").forEach((box) => { box.checked = true; });
      show();
      target.scrollIntoView();
    }
  };
  filters.hidden = false;
  filters.addEventListener("input", show);
  find.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      find.value = "";
      show();
    }
  });
  window.addEventListener("hashchange", follow);
}
