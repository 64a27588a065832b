"use strict";
// Headings that sort, fields that filter, a button that copies, and the choice between light and dark. Without this
// script every table is whole, in the order of the page, and colours follow the system.

const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

const sortBy = (table, column) => {
  const headings = [...table.tHead.rows[0].cells];
  const heading = headings[column];
  const down = heading.getAttribute("aria-sort") === "ascending";
  for (const other of headings) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  const words = heading.dataset.sorts === "words";
  const key = (row) => row.cells[column].dataset.order;
  const rows = [...table.tBodies[0].rows].sort((one, two) => {
    const [left, right] = [key(one), key(two)];
    // What has no value stays at the end, whichever way the rest is turned.
    if (left === undefined || right === undefined) return (left === undefined) - (right === undefined);
    const difference = words ? left.localeCompare(right) : Number(left) - Number(right);
    return down ? -difference : difference;
  });
  table.tBodies[0].append(...rows);
};

const filterBy = (table, wanted, count) => {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = [...table.tBodies[0].rows];
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }
  const shown = rows.filter((row) => !row.hidden).length;
  count.textContent = words.length === 0 ? "" : shown === 0 ? "No row matches." : `${shown} of ${rows.length} rows`;
};

// GitHub's Markdown must show the text of a cell as it is, and call nobody.
const escaped = (text) =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/[\\`*_[\]|~$]/g, "\\$&").replace(/@/g, "@\u200b");

const cellText = (cell) => {
  const copy = cell.cloneNode(true);
  for (const detail of copy.querySelectorAll(".detail")) detail.textContent = ` (${detail.textContent})`;
  for (const hidden of copy.querySelectorAll("svg")) hidden.remove();
  return escaped(copy.textContent.replace(/\s+/g, " ").trim());
};

const markdown = (table) => {
  const line = (row) => `| ${[...row.cells].map(cellText).join(" | ")} |`;
  const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden);
  const head = table.tHead.rows[0];
  const rule = `|---|${"---:|".repeat(head.cells.length - 1)}`;
  return [line(head), rule, ...rows.map(line)].join("\n") + "\n";
};

const copied = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // A page from a file may be refused; a selection is still copied.
    const field = make("textarea", { value: text, className: "aside" });
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
};

for (const table of document.querySelectorAll("table.sortable")) {
  for (const [column, heading] of [...table.tHead.rows[0].cells].entries()) {
    if (!heading.hasAttribute("data-sorts")) continue;
    const button = make("button", { type: "button" });
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => sortBy(table, column));
  }
  if (table.tBodies[0].rows.length < 2) continue;
  const name = table.parentElement.getAttribute("aria-label").replace(/^Table: /, "");
  const count = make("span", { className: "count" });
  count.setAttribute("aria-live", "polite");
  const field = make("input", { type: "search", placeholder: "Filter rows" });
  field.setAttribute("aria-label", `Filter rows: ${name}`);
  field.addEventListener("input", () => filterBy(table, field.value, count));
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    field.value = "";
    filterBy(table, "", count);
  });
  const copy = make("button", { type: "button", textContent: "Copy as Markdown" });
  copy.setAttribute("aria-label", `Copy as Markdown: ${name}`);
  copy.addEventListener("click", async () => {
    count.textContent = (await copied(markdown(table))) ? "Copied." : "The browser does not let this page copy.";
  });
  const bar = make("div", { className: "bar" });
  bar.append(field, copy, count);
  table.parentElement.before(bar);
}

const themes = { auto: "Colours: system", light: "Colours: light", dark: "Colours: dark" };
const remembered = () => {
  try {
    return localStorage.getItem("eagerbench-theme");
  } catch {
    return null; // a page from a file may not remember
  }
};
const wear = (theme) => {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  themer.textContent = themes[theme];
  themer.dataset.theme = theme;
  try {
    localStorage.setItem("eagerbench-theme", theme);
  } catch {
    // worn until the page is left
  }
};
const themer = make("button", { type: "button", className: "theme" });
themer.addEventListener("click", () => {
  const names = Object.keys(themes);
  wear(names[(names.indexOf(themer.dataset.theme) + 1) % names.length]);
});
wear(Object.hasOwn(themes, remembered() ?? "") ? remembered() : "auto");
document.querySelector(".tools").append(themer);

// Which section is being read, in the contents.
const links = new Map([...document.querySelectorAll("nav ol a")].map((link) => [link.hash.slice(1), link]));
const watcher = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      const link = links.get(entry.target.id);
      if (link && entry.isIntersecting) {
        for (const other of links.values()) other.removeAttribute("aria-current");
        link.setAttribute("aria-current", "true");
      }
    }
  },
  { rootMargin: "-15% 0px -75% 0px" },
);
for (const section of document.querySelectorAll("main > section[id]")) watcher.observe(section);
