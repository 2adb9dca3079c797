// Typesets the formulas that Markdown left as \(…\) and \[…\], where finish/formulas.py did not, and keeps the punctuation after one on its line:
// browsers break a line beside an inline block whatever follows, and a Chinese line must not start with a comma.
for (const element of document.querySelectorAll(".arithmatex")) {
  const source = element.textContent.trim();
  katex.render(source.slice(2, -2), element, { displayMode: source.startsWith("\\["), throwOnError: false });
  const after = element.nextSibling;
  const marks = after?.nodeType === Node.TEXT_NODE && after.data.match(/^[\p{Po}\p{Pe}\p{Pf}]+/u);
  if (marks && element.querySelectorAll(".katex-base").length === 1) {
    const together = document.createElement("span");
    together.className = "unbroken";
    after.splitText(marks[0].length);
    element.before(together);
    together.append(element, after);
  }
}
