// The catalogue's filter: text, choices, order; its state stands in the address. Without scripts every entry is shown.
// The text is not called q: Material opens its own search on any page whose address holds one.
const root = document.querySelector(".catalogue");
const form = root.querySelector(".filter");
const list = root.querySelector(".cards");
const shown = form.querySelector("output");
const nothing = root.querySelector(".nothing");
const choices = [...form.querySelectorAll("select:not([name=sort])")];

const plain = (text) => text.normalize("NFKC").toLowerCase();
const entries = [...list.children].map((item) => ({ item, text: plain(`${item.textContent} ${item.dataset.others}`) }));
const byText = new Intl.Collator(document.documentElement.lang);
const descending = (field) => (a, b) => byText.compare(b.item.dataset[field], a.item.dataset[field]);
const orders = {
  newest: descending("newest"),
  active: descending("active"),
  title: (a, b) => byText.compare(a.item.querySelector("h3").textContent, b.item.querySelector("h3").textContent),
};
let order = "";

function apply() {
  const words = plain(form.elements.find.value).split(/\s+/).filter(Boolean);
  let count = 0;
  for (const { item, text } of entries) {
    const fits =
      words.every((word) => text.includes(word)) &&
      choices.every(({ name, value }) => !value || item.dataset[name].split(" ").includes(value));
    item.hidden = !fits;
    count += fits;
  }
  if (form.elements.sort.value !== order) {
    order = form.elements.sort.value;
    const sorted = orders[order] ? [...entries].sort(orders[order]) : entries;
    list.append(...sorted.map(({ item }) => item));
  }
  shown.value = shown.dataset.shown.replace("{}", count);
  nothing.hidden = count > 0;
}

function keep() {
  const state = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  history.replaceState(null, "", (state.size ? `?${state}` : location.pathname) + location.hash);
}

function restore() {
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (form.elements[name]) form.elements[name].value = value;
  }
  for (const select of form.querySelectorAll("select")) if (select.selectedIndex < 0) select.selectedIndex = 0;
}

form.addEventListener("input", () => {
  apply();
  keep();
});
form.addEventListener("submit", (event) => event.preventDefault());
nothing.querySelector("a").addEventListener("click", (event) => {
  event.preventDefault();
  form.reset();
  apply();
  keep();
});
restore();
form.hidden = false;
apply();
