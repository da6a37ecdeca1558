"use strict";
for (const box of document.querySelectorAll("input[data-filter]")) {
  box.addEventListener("change", () => {
    for (const one of document.querySelectorAll("pre[data-action]")) {
      if (one.dataset.action === box.dataset.filter) one.hidden = !box.checked;
    }
  });
}
