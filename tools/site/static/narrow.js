// Tells each cell of a table its column's name: on a phone the cells stand one below the other.
for (const table of document.querySelectorAll("article table.docutils")) {
  const names = [...table.querySelectorAll("thead th")].map((cell) => cell.textContent.trim());
  if (names.length < 3) continue;
  for (const row of table.querySelectorAll("tbody tr"))
    [...row.cells].forEach((cell, i) => { cell.dataset.name = names[i] || ""; });
  table.classList.add("named", ...(names.length > 5 ? ["numbers-of"] : []));
}
