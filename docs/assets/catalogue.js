// The catalogue's explorer: text, facets with counts that follow, order; its state stands in the address. Without
// scripts every entry is shown. The text is not called q: Material opens its own search where an address holds one.
const root = document.querySelector(".catalogue");
const form = root.querySelector(".filter");
const list = root.querySelector(".cards");
const shown = form.querySelector("output");
const clear = form.querySelector("[type=reset]");
const nothing = root.querySelector(".nothing");
const more = root.querySelector(".more");
const panel = form.querySelector(".facets");
const { find, sort } = form.elements;

const PAGE = 40; // cards shown at once: laying out 5,000 takes longer than filtering them
const plain = (text) => text.normalize("NFKC").toLowerCase();
const number = (text) => (text ? Number(text) : -1); // what is not known comes last

// A facet: its boxes, and the place of each value among them. An entry holds those places, not texts.
const facets = [...form.querySelectorAll("fieldset")].map((group) => {
  const boxes = [...group.querySelectorAll("input")];
  const counts = [...group.querySelectorAll(".count")];
  return { name: boxes[0].name, boxes, counts, places: new Map(boxes.map((box, place) => [box.value, place])) };
});
const entries = [...list.children].map((item) => ({
  item,
  text: plain(`${item.textContent} ${item.dataset.find ?? ""}`),
  values: facets.map(({ name, places }) =>
    (item.dataset[name] ?? "").split(" ").flatMap((value) => places.get(value) ?? []),
  ),
}));
const orders = { "": entries };
let visible = entries.map(({ item }) => item);
let limit = PAGE;

function ordered(name) {
  return (orders[name] ??= entries
    .map((entry) => [number(entry.item.dataset[name]), entry])
    .sort(([a], [b]) => b - a) // stable: equals keep the curated order
    .map(([, entry]) => entry));
}

function apply() {
  const words = plain(find.value).split(/\s+/).filter(Boolean);
  const chosen = facets.map(({ boxes }) => boxes.flatMap(({ checked }, place) => (checked ? [place] : [])));
  const active = chosen.flatMap((places, facet) => (places.length ? [facet] : []));
  const counts = facets.map(({ boxes }) => new Int32Array(boxes.length));
  const count = (entry, facet) => {
    for (const place of entry.values[facet]) counts[facet][place] += 1;
  };
  const fits = [];
  for (const entry of ordered(sort.value)) {
    if (!words.every((word) => entry.text.includes(word))) continue;
    let missed = -1; // the only facet that leaves the entry out: a choice there would bring it in, so it counts there
    let misses = 0;
    for (const facet of active) {
      if (!entry.values[facet].some((place) => chosen[facet].includes(place))) {
        missed = facet;
        misses += 1;
      }
    }
    if (misses === 0) {
      fits.push(entry.item);
      facets.forEach((_, facet) => count(entry, facet));
    } else if (misses === 1) count(entry, missed);
  }
  show(fits);
  facets.forEach((facet, index) => {
    facet.counts.forEach((element, place) => {
      const text = String(counts[index][place]);
      if (element.textContent !== text) element.textContent = text;
      element.parentElement.classList.toggle("none", text === "0" && !facet.boxes[place].checked);
    });
  });
  shown.value = shown.dataset.shown.replace("{}", fits.length);
  nothing.hidden = fits.length > 0;
  more.hidden = fits.length <= limit;
  clear.hidden = !words.length && !active.length;
}

// What is not shown leaves the document: with 5,000 cards in it, to move forty took a second, hidden or not.
function show(fits) {
  const wanted = fits.slice(0, limit);
  if (wanted.length === visible.length && wanted.every((item, place) => item === visible[place])) return;
  list.replaceChildren(...wanted);
  visible = wanted;
}

function keep() {
  const state = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  history.replaceState(null, "", (state.size ? `?${state}` : location.pathname) + location.hash);
}

function restore() {
  const state = new URLSearchParams(location.search);
  find.value = state.get("find") ?? "";
  sort.value = state.get("sort") ?? "";
  if (sort.selectedIndex < 0) sort.selectedIndex = 0;
  for (const { name, boxes } of facets) {
    const values = state.getAll(name);
    for (const box of boxes) box.checked = values.includes(box.value);
  }
}

// An address may name an entry that stands further down than what is shown.
function reveal() {
  const id = location.hash.slice(1); // ids are ASCII; to decode what is no UTF-8 would throw
  const place = ordered(sort.value).findIndex(({ item }) => item.id === id);
  if (place < 0) return;
  limit = Math.max(limit, place + 1);
  apply();
  document.getElementById(id)?.scrollIntoView();
}

form.addEventListener("input", () => {
  limit = PAGE;
  apply();
  keep();
});
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => {
  setTimeout(() => {
    limit = PAGE;
    apply();
    keep();
    find.focus();
  });
});
more.querySelector("button").addEventListener("click", () => {
  const next = visible.length;
  limit += PAGE;
  apply();
  visible[next]?.querySelector("a").focus();
});
addEventListener("hashchange", reveal);

// Facets stand beside the cards where there is room, and fold away on a phone.
const room = matchMedia("(min-width: 60em)");
const fold = () => panel.toggleAttribute("open", room.matches);
room.addEventListener("change", fold);
fold();
restore();
form.hidden = false;
root.classList.add("filtered");
apply();
if (location.hash) reveal();
