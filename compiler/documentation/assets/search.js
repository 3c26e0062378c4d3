// Search over window.pebbleIndex: rows of name, kind, module, address, signature, summary.
"use strict";
(() => {
  const root = document.currentScript.dataset.root;
  const input = document.getElementById("search");
  const list = document.getElementById("results");
  const LIMIT = 30;
  let selected = -1;

  const rows = (window.pebbleIndex || []).map((row) => {
    const path = row[0].toLowerCase();
    return { row, path, last: path.slice(path.lastIndexOf(".") + 1), summary: row[5].toLowerCase() };
  });

  // Smaller is better; null is no match.  Names count more than summaries, beginnings more than middles.
  function score(entry, word) {
    if (entry.last === word || entry.path === word) return entry.row[1] === "method" ? 1 : 0;
    if (entry.last.startsWith(word)) return 10 + entry.last.length - word.length;
    if (entry.path.startsWith(word)) return 40;
    const at = entry.path.indexOf(word);
    if (at >= 0) return 60 + at;
    return entry.summary.includes(word) ? 200 : null;
  }

  function find(text) {
    const words = text.toLowerCase().replace(/\(\)$/, "").split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    const found = [];
    for (const entry of rows) {
      let total = 0;
      for (const word of words) {
        const points = score(entry, word);
        if (points === null) { total = null; break; }
        total += points;
      }
      if (total !== null) found.push([total, entry.row]);
    }
    found.sort((a, b) => a[0] - b[0] || a[1][0].length - b[1][0].length || (a[1][0] < b[1][0] ? -1 : 1));
    return found.slice(0, LIMIT).map((pair) => pair[1]);
  }

  function element(tag, style, text) {
    const made = document.createElement(tag);
    if (style) made.className = style;
    if (text) made.textContent = text;
    return made;
  }

  function show() {
    const found = find(input.value);
    list.replaceChildren();
    selected = -1;
    for (const [name, kind, module, address, signature, summary] of found) {
      const link = element("a");
      link.href = root + address;
      const head = element("span", "name");
      head.append(element("span", "kind", kind), " ", element("b", "", name));
      if (module) head.append(" ", element("span", "module", module));
      link.append(head);
      const line = summary || signature;
      if (line) link.append(element("span", "summary", line));
      const row = element("li");
      row.role = "option";
      row.append(link);
      list.append(row);
    }
    if (!found.length && input.value.trim()) list.append(element("li", "none", "Nothing found"));
    list.hidden = !list.children.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    select(found.length ? 0 : -1);
  }

  function select(index) {
    const links = list.querySelectorAll("a");
    if (selected >= 0 && links[selected]) links[selected].classList.remove("selected");
    selected = links.length ? (index + links.length) % links.length : -1;
    if (selected >= 0) {
      links[selected].classList.add("selected");
      links[selected].scrollIntoView({ block: "nearest" });
    }
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  }

  input.addEventListener("input", show);
  input.addEventListener("focus", () => { if (input.value) show(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") select(selected + 1);
    else if (event.key === "ArrowUp") select(selected - 1);
    else if (event.key === "Escape") { input.value = ""; close(); input.blur(); return; }
    else if (event.key === "Enter") {
      const link = list.querySelectorAll("a")[selected];
      if (link) { close(); location.href = link.href; }
    } else return;
    event.preventDefault();
  });
  list.addEventListener("click", () => { close(); });
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".search")) close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== input && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      input.focus();
      input.select();
    }
  });
})();
