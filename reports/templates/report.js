"use strict";
// Makes the headings of a table into buttons that sort it. Without this script the table is whole, only fixed in order.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const key = (row, column) => row.cells[column].dataset.order;
  for (const [column, heading] of [...table.tHead.rows[0].cells].entries()) {
    if (!heading.hasAttribute("data-sorts")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const words = heading.dataset.sorts === "words";
      const rows = [...body.rows].sort((one, two) => {
        const [left, right] = [key(one, column), key(two, column)];
        // What has no value stays at the end, whichever way the rest is turned.
        if (left === undefined || right === undefined) return (left === undefined) - (right === undefined);
        const difference = words ? left.localeCompare(right) : Number(left) - Number(right);
        return down ? -difference : difference;
      });
      body.append(...rows);
    });
  }
}
