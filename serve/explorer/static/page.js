// What every page has: a button that copies its address, and suggestions below search fields.
for (const button of document.querySelectorAll("[data-copy-link]")) {
  if (!navigator.clipboard) continue; // browsers offer it on HTTPS and localhost only
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(location.href);
    button.textContent = "Link copied";
  });
}

const WAIT = 120; // milliseconds after the last key
const KINDS = { film: "film", micro_genre: "micro-genre", person: "person", keyword: "keyword" };

// A combobox with a list box, after the pattern of the ARIA Authoring Practices Guide.
class Suggestions {
  constructor(input, number) {
    this.input = input;
    this.chosen = -1;
    this.list = document.createElement("ul");
    this.list.className = "suggestions";
    this.list.id = `suggestions-${number}`;
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Suggestions");
    const frame = document.createElement("span");
    frame.className = "suggested";
    input.before(frame);
    frame.append(input, this.list);
    for (const [name, value] of [
      ["role", "combobox"],
      ["autocomplete", "off"],
      ["aria-autocomplete", "list"],
      ["aria-expanded", "false"],
      ["aria-controls", this.list.id],
    ]) {
      input.setAttribute(name, value);
    }
    input.addEventListener("input", () => this.later());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the focus
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), WAIT);
  }

  async ask() {
    const text = this.input.value.trim();
    if (text.length < 2) return this.close();
    this.request?.abort();
    this.request = new AbortController();
    try {
      const answer = await fetch(`suggest?${new URLSearchParams({ q: text })}`, {
        signal: this.request.signal,
      });
      if (answer.ok && document.activeElement === this.input) this.show(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") this.close(); // the field works without suggestions
    }
  }

  show(rows) {
    this.chosen = -1;
    this.input.removeAttribute("aria-activedescendant");
    this.list.replaceChildren(
      ...rows.map((row, place) => {
        const item = document.createElement("li");
        item.id = `${this.list.id}-${place}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        const text = document.createElement("bdi");
        text.textContent = row.text;
        const kind = document.createElement("small");
        kind.textContent = row.year ? `${KINDS[row.kind]}, ${row.year}` : KINDS[row.kind];
        item.append(text, " ", kind);
        item.addEventListener("click", () => location.assign(row.address));
        item.address = row.address;
        return item;
      }),
    );
    this.list.hidden = rows.length === 0;
    this.input.setAttribute("aria-expanded", String(rows.length > 0));
  }

  close() {
    clearTimeout(this.timer);
    this.show([]);
  }

  key(event) {
    const items = [...this.list.children];
    if (event.key === "Escape" && items.length) {
      event.preventDefault();
      this.close();
    } else if (event.key === "Enter" && this.chosen >= 0) {
      event.preventDefault();
      location.assign(items[this.chosen].address);
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && items.length) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.chosen = (this.chosen + step + items.length + (this.chosen < 0 && step < 0 ? 1 : 0)) % items.length;
      for (const [place, item] of items.entries()) {
        item.setAttribute("aria-selected", String(place === this.chosen));
      }
      this.input.setAttribute("aria-activedescendant", items[this.chosen].id);
      items[this.chosen].scrollIntoView({ block: "nearest" });
    }
  }
}

for (const [number, input] of document.querySelectorAll("[data-suggest]").entries()) {
  new Suggestions(input, number);
}
