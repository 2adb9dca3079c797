// What Material's scripts add to a page, made usable by keyboard and screen reader. New nodes arrive at any time.
const mend = () => {
  // A bar of buttons beside each block of code is no landmark.
  for (const bar of document.querySelectorAll("nav.md-code__nav")) bar.setAttribute("role", "none");
  // A level of the menu is named by a label that may hold an icon alone, its name beside it; one of the contents by its
  // heading, which may occur twice.
  for (const level of document.querySelectorAll("nav.md-nav[aria-labelledby]")) {
    const label = document.getElementById(level.getAttribute("aria-labelledby"));
    level.setAttribute("aria-label", label.textContent.trim() || label.parentElement.textContent.trim());
    level.removeAttribute("aria-labelledby");
  }
  for (const level of document.querySelectorAll("nav.md-nav[aria-label] nav.md-nav:not([data-path])")) {
    const above = level.parentElement.closest("nav.md-nav");
    level.setAttribute("aria-label", `${above.getAttribute("aria-label")} › ${level.getAttribute("aria-label")}`);
    level.dataset.path = "";
  }
  for (const box of document.querySelectorAll(SIDEWAYS)) if (!known.has(box)) wait(box);
};

// What scrolls sideways must be reachable by the keyboard. To ask a box for its width lays out the part of the page
// around it, so they are asked while the browser has nothing else to do.
const SIDEWAYS = ".md-typeset__scrollwrap, .scroll, .picture, .md-typeset div.arithmatex, .md-typeset pre > code";
const later = window.requestIdleCallback ?? ((work) => setTimeout(work, 50, { timeRemaining: () => 0 }));
const waiting = new Set();
let known = new WeakSet();
const wait = (box) => {
  if (!waiting.size) later(ask);
  waiting.add(box);
  known.add(box);
};
const ask = (deadline) => {
  for (const box of waiting) {
    waiting.delete(box);
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    if (deadline.timeRemaining() < 5) break;
  }
  if (waiting.size) later(ask);
};
const again = () => {
  known = new WeakSet();
  mend();
};

new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
addEventListener("resize", again);
document.fonts.addEventListener("loadingdone", again); // those of a part of the page load when it is laid out
mend();

// Material's search listens to keys alone: what is pasted by mouse, dictated or dropped was not looked for.
document.querySelector(".md-search__input")?.addEventListener("input", ({ currentTarget }) => {
  currentTarget.dispatchEvent(new Event("keyup"));
});
