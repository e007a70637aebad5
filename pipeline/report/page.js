// The page is whole without this: it finds columns by name, and unfolds all before printing.
for (const label of document.querySelectorAll(".find")) {
  label.hidden = false;
  const input = label.querySelector("input");
  const span = label.parentElement;
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const each of span.querySelectorAll("[data-column]"))
      each.hidden = !each.dataset.column.toLowerCase().includes(wanted);
    const folded = span.querySelector("details.folded");
    if (folded && wanted) folded.open = true;
  });
}
addEventListener("beforeprint", () => {
  for (const each of document.querySelectorAll("details")) each.open = true;
});
