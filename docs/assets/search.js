// Search with Pagefind, in the place of Material's worker and in its words: it is asked {type: 2, data: a query} and
// answers {type: 3, data: {items}}, so that field, list, keyboard and what a screen reader hears stay the theme's.
// tools/site/finish/pagefind.py makes the index and names this script in the pages. Nothing is fetched before a reader types;
// what goes wrong leads back to Material's search.
const SETUP = 0, READY = 1, QUERY = 2, RESULT = 3;
const SHOWN = 20; // pages; the text of each is a file to fetch
const LENGTH = 180; // of what is shown of a text, in letters
const PAUSE = 100; // ms without a further key before anything is looked up
const here = self.location.href;
let setup, pagefind, segmenter, retreated, query = "", latest = 0;

addEventListener("message", async ({ data: { type, data } }) => {
  if (type === QUERY) query = data;
  if (retreated) return; // Material's worker listens as well
  if (type === SETUP) {
    setup = data;
    postMessage({ type: READY });
  } else if (type === QUERY) {
    const asked = ++latest;
    try {
      if (data.trim()) await new Promise((resolve) => setTimeout(resolve, PAUSE));
      if (asked !== latest) return;
      const items = await found(data);
      if (asked === latest) postMessage({ type: RESULT, data: { items } });
    } catch (error) {
      console.warn(error);
      if (asked === latest) await retreat();
    }
  }
});

async function retreat() {
  retreated = true;
  const { url, worker } = setup.config.material;
  const index = await (await fetch(new URL(url, here))).json();
  importScripts(new URL(worker, here).href);
  for (const data of [{ type: SETUP, data: { ...index, options: setup.options } }, { type: QUERY, data: query }]) {
    dispatchEvent(new MessageEvent("message", { data }));
    await new Promise((resolve) => setTimeout(resolve)); // it sets up in a microtask and queues no query until then
  }
}

// ---- from a query to pages

async function found(query) {
  const parts = partsOf(query);
  if (!parts.length) return [];
  pagefind ??= import(new URL("../pagefind/pagefind.js", here)).then((module) =>
    module.createInstance({ basePath: new URL("../pagefind/", here).href, ranking: { pageLength: 0.3 } }));
  const candidates = new Map();
  for (const [part, results] of zipped(parts, await Promise.all(parts.map(ask))))
    for (const result of results) {
      const candidate = candidates.get(result.id) ?? { result, score: 0, terms: Object.fromEntries(parts.map((part) => [part, false])) };
      candidate.score += result.score;
      candidate.terms[part] = true;
      candidates.set(result.id, candidate);
    }
  const share = ({ terms }) => Object.values(terms).filter(Boolean).length / parts.length;
  const kept = [...candidates.values()].filter((candidate) => share(candidate) >= 0.5);
  for (const candidate of kept) candidate.score *= share(candidate) ** 4;
  const best = kept.sort((a, b) => b.score - a.score).slice(0, SHOWN);
  const pages = await Promise.all(best.map(async ({ result, score, terms }) => item(await result.data(), score / best[0].score, terms, query)));
  return pages.sort((a, b) => b[0].score - a[0].score);
}

const zipped = (a, b) => a.map((value, i) => [value, b[i]]);

// In the index every Chinese character is a word, for no two segmenters cut alike: Pagefind's own made 判|别|器|和生成
// of a sentence that a reader's 判别|器 then missed. So a Chinese word is a phrase here, found wherever it stands. And so
// is a name such as GPT-2: what stays one word in an English page is two in a Chinese one.
async function ask(part) {
  const engine = await pagefind;
  const pieces = part.match(/\p{sc=Han}|[^\p{sc=Han}\p{Pd}]+/gu) ?? [];
  if (pieces.length < 2) return (await engine.search(part)).results;
  const spaced = pieces.join(" ");
  const [phrase, ranked] = await Promise.all([`"${spaced}"`, spaced].map((query) => engine.search(query)));
  const ids = new Set(phrase.results.map(({ id }) => id)); // a phrase has no score of its own
  const found = ranked.results.filter(({ id }) => ids.has(id));
  if (/\p{sc=Han}/u.test(part)) return found;
  const word = (await engine.search(part)).results;
  return [...new Map([...(found.length ? found : ranked.results), ...word].map((result) => [result.id, result])).values()];
}

const EMPTY = new Set("的 了 和 与 是 在 到 吗 呢 把 被 一个 怎么 什么 如何 哪里 a an and for from how in is of on the to with what".split(" "));

// Words as people mean them: 生成器的损失 → 生成器, 损失. A single character goes with the word before it.
function partsOf(query) {
  segmenter ??= new Intl.Segmenter("zh", { granularity: "word" }); // a browser without it has Material's search
  const all = [], full = [];
  for (const [run] of query.normalize("NFKC").toLowerCase().matchAll(/\p{sc=Han}+|[^\s\p{sc=Han}]+/gu)) {
    if (!/\p{sc=Han}/u.test(run)) {
      const word = run.replace(/^[^\p{L}\p{N}_]+|[^\p{L}\p{N}_]+$/gu, "");
      if (word) all.push(word);
      if (word && !EMPTY.has(word)) full.push(word);
      continue;
    }
    let joins = false;
    for (const { segment } of segmenter.segment(run)) {
      all.push(segment);
      if (EMPTY.has(segment)) joins = false;
      else if (joins && segment.length === 1) full.push(full.pop() + segment);
      else joins = Boolean(full.push(...(segment.length > 3 ? segment.match(/..?/gu) : [segment])));
    }
  }
  return [...new Set(full.length ? full : all)];
}

// ---- from a page to what the list shows

const compact = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
const closed = (text) => text.replace(/(\p{sc=Han}) (?=\p{sc=Han})/gu, "$1"); // what was a word each, as it was
const folded = (text) => text.replace(/[\u00c0-\u024f]/g, (letter) => letter.normalize("NFD")[0]); // of the same length
const stem = (word) => (word.length > 5 ? word.replace(/(?:ies|es|s|y|ing|ed)$/, "") : word); // penalty, penalties
const escaped = (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

// Pagefind ranks by words alone and knows no titles that are just what was asked, nor names in addresses (paper-lora).
// The numbers were set on the queries of tests/site/queries.yaml; on 62 of them, written after a first setting and before
// they were looked at, it had 84 % right first and 94 % found.
function item(page, score, terms, query) {
  const parts = Object.keys(terms).filter((part) => terms[part]);
  const pattern = new RegExp(parts.map(asPattern).sort((a, b) => b.length - a.length).join("|"), "gi");
  const wanted = compact(query);
  const inReference = page.url.includes("/reference/"), isCode = /[_.]|[a-z][A-Z]/.test(query);
  const [lead, ...sections] = sectionsOf(page);
  for (const section of [lead, ...sections]) {
    section.named = likeness(wanted, compact(section.title), parts);
    section.score = section.named + hits(section, pattern, parts);
  }
  const slug = compact(new URL(page.url, here).pathname.split("/").at(-2).replace(KIND, ""));
  const called = inReference ? 0 : slug === wanted ? 2.5 : parts.includes(slug) ? 0.8 : 0;
  const whole = parts.length > 1 && [lead, ...sections].some(({ text }) => text.toLowerCase().includes(query.trim().toLowerCase()));
  // A plain word is no name of code, though some function may be called by it.
  const heading = Math.max(0, ...sections.map((section) => section.named)) * (inReference && !isCode ? 0.2 : 0.6);
  const share = parts.length / Object.keys(terms).length;
  const rank = share ** 2 * (score * (1 + prior(page.url)) + Math.max(lead.named, called) + heading + (whole ? 0.3 : 0));
  const shown = sections.filter((section) => section.score > 0).sort((a, b) => b.score - a.score).slice(0, 8);
  const top = shown[0]?.score > lead.score ? shown[0] : lead;
  const rendered = (section, score) => ({
    location: section.url, title: marked(section.title, pattern), text: `<p>${excerpt(section, pattern)}</p>`, score, terms,
  });
  return [
    { ...rendered(lead, rank), ...(top === lead ? {} : { text: "" }) },
    ...shown.map((section) => rendered(section, section !== top ? rank / 2 : rank + (section.named >= 2 ? 1 : 0))),
  ];
}

const KIND = /^(paper|book|course|tool|model|data|blog|community|conf|report)-/;
const PRIOR = [[/tutorials\/[^/]+\/$/, 0.8], [/topics\/[^/]+\/$/, 0.5], [/(tutorials|catalogue|paths|reference)\/$/, -0.3]];
const prior = (url) => PRIOR.find(([where]) => where.test(url))?.[1] ?? 0;

function likeness(wanted, title, parts) {
  if (title === wanted) return 3;
  if (title.includes(wanted)) return 0.3 + (0.9 * wanted.length) / title.length;
  return 0.9 * (parts.filter((part) => title.includes(compact(stem(part)))).length / parts.length) ** 2;
}

const asPattern = (part) => {
  const literal = stem(folded(part)).replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  return /\p{sc=Han}/u.test(part) ? literal : `\\b${literal}\\w*`;
};

function hits(section, pattern, parts) {
  const matches = folded(section.text).toLowerCase().match(pattern) ?? [];
  return new Set(matches).size / parts.length + Math.min(matches.length, 10) / 20;
}

function sectionsOf(page) {
  const raw = page.raw_content.replace(/&lt;/g, "<").replace(/&gt;/g, ">");
  const words = raw.includes("\u200b") ? raw.split("\u200b") : raw.split(/[^\S\ufeff]+/);
  const joint = raw.includes("\u200b") ? "" : " ";
  const heads = page.anchors.filter(({ element, text }) => /^h[2-6]$/.test(element) && text.trim());
  const starts = [{ location: 0 }, ...heads];
  return starts.map((head, i) => {
    const name = closed(head.id ? head.text.trim() : page.meta.title);
    const text = closed(words.slice(head.location, starts[i + 1]?.location).join(joint)).trim();
    return { url: page.url + (head.id ? `#${head.id}` : ""), title: name, text: text.startsWith(name) ? text.slice(name.length).replace(/^[.\s]+/, "") : text };
  });
}

function excerpt({ text }, pattern) {
  const at = folded(text).search(pattern);
  const length = /\p{sc=Han}/u.test(text.slice(Math.max(at, 0), at + LENGTH)) ? LENGTH / 2 : LENGTH;
  const from = at < length / 3 ? 0 : Math.max(text.lastIndexOf(" ", at - 1 - length / 6) + 1, at - Math.round(length / 4));
  const to = from + length;
  return (from ? "… " : "") + marked(text.slice(from, to), pattern) + (to < text.length ? " …" : "");
}

function marked(text, pattern) {
  let html = "", from = 0;
  for (const match of folded(text).matchAll(pattern)) {
    html += `${escaped(text.slice(from, match.index))}<mark>${escaped(text.slice(match.index, match.index + match[0].length))}</mark>`;
    from = match.index + match[0].length;
  }
  return html + escaped(text.slice(from));
}
