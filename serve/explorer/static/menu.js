// Opens the filters on wide screens, and copies the address of the page.
// Module scripts run before the browser restores the scroll position, so nothing moves later.
for (const filters of document.querySelectorAll("details[data-wide-open]")) {
  filters.open = !window.matchMedia("(max-width: 700px)").matches;
}
for (const button of document.querySelectorAll("[data-copy-link]")) {
  if (!navigator.clipboard) continue; // browsers offer it on HTTPS and localhost only
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(location.href);
    button.textContent = "Link copied";
  });
}
