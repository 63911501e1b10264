"use strict";
// All text of the log enters the page through textContent: no markup is ever made from it.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const PAGE = 50;

  // --- words -------------------------------------------------------------------------------------------------------
  // Made once: a formatter per cell costs a second on ten thousand runs.
  const formats = [0, 1, 2].map((digits) => new Intl.NumberFormat("en-US", { maximumFractionDigits: digits }));
  const number = (value, digits) => formats[digits].format(value);
  const seconds = (value) => value !== 0 && Math.abs(value) < 0.1 ? `${Number((value * 1000).toPrecision(3))} ms` : `${number(value, 2)} s`;
  const percent = (value) => {
    const share = value * 100;
    if (share > 0 && share < 0.05) return "<0.1 %";
    const precise = share.toFixed(1);
    return ((share > 0 && share < 1) || (share > 99 && share < 102)) && !precise.endsWith("0") ? `${precise} %` : `${Math.round(share)} %`;
  };
  const bytes = (value) => `${(value / 1048576).toFixed(2)} MB`;
  const KINDS = {
    text: { show: String }, word: { show: String }, badge: { show: String }, run: { show: String, right: true }, phase: { show: String },
    count: { show: (value) => number(value, 1), right: true }, seconds: { show: seconds, right: true },
    percent: { show: percent, right: true }, bytes: { show: bytes, right: true },
    lines: { show: (value) => Array.isArray(value) ? `L${value[0]}-${value[1]}` : `L${value}`, numeric: true },
    time: { show: (value) => new Date(value * 1000).toISOString().slice(0, 19).replace("T", " "), numeric: true },
  };
  const BADGES = { success: "good", ok: "good", over: "critical", near: "warning", error: "critical", "out of memory": "critical",
    interrupted: "warning", "cut off": "warning", failed: "critical", "import failed": "critical" };

  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "text") element.textContent = value;
      else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child != null));
    return element;
  };

  const shown = (value, kind) => (value == null || value === "" ? "" : KINDS[kind].show(value));

  const cell = (value, kind) => {
    const classes = KINDS[kind].right ? "number" : kind === "text" ? "text" : "word";
    const td = make("td", { class: classes });
    const text = shown(value, kind);
    if (!text) return td;
    if (kind === "run") td.append(make("a", { href: `#run-${value}`, text }));
    else if (kind === "badge") td.append(make("span", { class: `badge ${BADGES[value] || ""}`, text }));
    else if (kind === "phase") td.append(dot(value), text);
    else td.textContent = text;
    return td;
  };

  const dot = (phase) => make("span", { class: "dot", "aria-hidden": "true", style: `background:${data.colors[phase] || "transparent"}` });

  // --- tables ------------------------------------------------------------------------------------------------------
  class Table {
    constructor(place, table) {
      this.table = table;
      this.rows = table.rows;
      this.limit = PAGE;
      this.sort = null;
      this.texts = new Map();
      const says = (index) => table.rows.some((row) => row[index] != null && row[index] !== "");
      this.columns = table.columns.map((column, index) => ({ ...column, index })).filter((column) => !column.hidden && says(column.index));
      this.body = make("tbody");
      this.status = make("span", { role: "status" });
      this.more = make("button", { type: "button", text: "Show more", onclick: () => { this.limit *= 4; this.draw(); } });
      const id = `caption-${table.id}`;
      const many = table.rows.length > 8;
      const search = make("input", { type: "search", placeholder: "Filter", "aria-label": `Filter ${table.title}`,
        oninput: (event) => { this.limit = PAGE; this.filter(event.target.value); } });
      place.replaceChildren(
        make("div", { class: "tools" }, make("h3", { id, text: table.title }, make("small", { text: table.note || "" })), many ? search : null),
        make("div", { class: "scroll", role: "region", tabindex: "0", "aria-labelledby": id },
          make("table", { "aria-labelledby": id }, make("thead", {}, make("tr", {}, ...this.columns.map((column) => this.head(column)))), this.body)),
        make("div", { class: "more" }, this.more, this.status));
      this.draw();
    }

    head(column) {
      const head = make("th", { scope: "col", class: KINDS[column.kind].right ? "number" : null });
      if (this.table.rows.length > 1) head.append(make("button", { type: "button", text: column.title, onclick: () => this.order(column, head) }));
      else { head.textContent = column.title; head.classList.add("plain"); }
      return head;
    }

    order(column, head) {
      const kind = KINDS[column.kind];
      const numeric = kind.right || kind.numeric;
      const falling = this.sort && this.sort.head === head ? !this.sort.falling : kind.right && column.kind !== "run";
      if (this.sort) this.sort.head.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      this.sort = { head, falling };
      const sign = falling ? -1 : 1;
      const of = (row) => Array.isArray(row[column.index]) ? row[column.index][0] : row[column.index];
      const compare = numeric ? (a, b) => a - b : (a, b) => (a < b ? -1 : a > b ? 1 : 0);
      // What the log does not say stands last, however it is sorted.
      const sorted = (rows) => rows.slice().sort((a, b) => {
        const [first, second] = [of(a), of(b)];
        if (first == null || second == null) return (first == null) - (second == null);
        return sign * compare(first, second);
      });
      this.table.rows = sorted(this.table.rows);
      this.rows = sorted(this.rows);
      this.draw();
    }

    text(row) {
      if (!this.texts.has(row)) this.texts.set(row, this.columns.map((column) => shown(row[column.index], column.kind)).join(" ").toLowerCase());
      return this.texts.get(row);
    }

    filter(value) {
      const words = value.toLowerCase().split(/\s+/).filter(Boolean);
      this.rows = words.length ? this.table.rows.filter((row) => words.every((word) => this.text(row).includes(word))) : this.table.rows;
      this.draw();
    }

    draw() {
      this.body.replaceChildren(...this.rows.slice(0, this.limit).map((row) =>
        make("tr", {}, ...this.columns.map((column) => cell(row[column.index], column.kind)))));
      const hidden = this.rows.length - this.limit;
      this.more.hidden = hidden <= 0;
      const all = this.table.rows.length;
      this.status.textContent = hidden > 0 ? `${number(this.limit, 0)} of ${number(this.rows.length, 0)} rows`
        : this.rows.length < all ? `${number(this.rows.length, 0)} of ${number(all, 0)} rows match` : "";
    }
  }

  const tables = new Map(data.tables.map((table) => [table.id, table]));
  for (const place of document.querySelectorAll("[data-table]")) new Table(place, tables.get(place.dataset.table));

  // --- runs --------------------------------------------------------------------------------------------------------
  const runs = tables.get("runs");
  const rows = new Map(runs ? runs.rows.map((row) => [row[0], row]) : []);

  // A column in which the log says nothing of this run is left out.
  const simple = (given, index, run) => {
    const kept = given.columns.map((_, place) => place).filter((place) => given.rows.some((row) => row[place] != null && row[place] !== ""));
    const pick = (values) => kept.map((place) => values[place]);
    return list({ title: given.title, columns: pick(given.columns), rows: given.rows.map(pick) }, index, run);
  };

  const list = (part, index, run) => make("div", { class: "table" },
    make("h4", { text: part.title, id: `run-${run}-part-${index}` }),
    make("div", { class: "scroll", role: "region", tabindex: "0", "aria-labelledby": `run-${run}-part-${index}` }, make("table", {},
      make("thead", {}, make("tr", {}, ...part.columns.map((column) => make("th", { scope: "col", text: column.title, class: `plain ${KINDS[column.kind].right ? "number" : ""}` })))),
      make("tbody", {}, ...part.rows.map((row) => make("tr", {}, ...row.map((value, place) => cell(value, part.columns[place].kind))))))));

  const openRun = (number) => {
    const id = `run-${number}`;
    const there = document.getElementById(id);
    if (there) return there;
    const row = rows.get(number);
    if (!row) return null;
    const parts = data.details[number] || [];
    const phases = parts[0] || [];
    const facts = runs.columns.map((column, index) => [column.title, shown(row[index], column.kind)]).filter(([title, text]) => text && title !== "run");
    const section = make("section", { class: "run", id, "aria-labelledby": `${id}-title`, tabindex: "-1" },
      make("header", {}, make("h3", { id: `${id}-title`, text: `Run ${number}` }),
        make("a", { href: "#runs", text: "all runs" }),
        make("button", { type: "button", text: "Close", "aria-label": `Close run ${number}`, onclick: () => { section.remove(); history.replaceState(null, "", "#runs"); } })),
      make("dl", { class: "facts" }, ...facts.map(([title, text]) => make("div", {}, make("dt", { text: title }), make("dd", { text })))),
      phases.length ? make("div", { class: "stack", "aria-hidden": "true" }, ...phases.map((phase) =>
        make("span", { style: `flex:${Math.max(phase[1], 0)} 0 0;background:${data.colors[phase[0]]}`, title: `${phase[0]}: ${seconds(phase[1])}` }))) : null,
      ...data.parts.map((part, index) => ({ ...part, rows: parts[index] || [] })).filter((part) => part.rows.length).map((part, index) => simple(part, index, number)));
    if (!parts.length) section.append(make("p", { class: "note", text: "Its phases, passes and loads are left out to keep the page small." }));
    document.getElementById("opened").prepend(section);
    return section;
  };

  const follow = () => {
    const match = /^#run-(\d+)$/.exec(location.hash);
    const section = match && openRun(Number(match[1]));
    if (section) { section.scrollIntoView({ block: "start" }); section.focus({ preventScroll: true }); }
  };
  for (const run of data.open.slice().reverse()) openRun(run);
  addEventListener("hashchange", follow);

  // --- figures -----------------------------------------------------------------------------------------------------
  const plots = [...document.querySelectorAll("[data-figure]")];
  const colors = () => {
    const style = getComputedStyle(root);
    const of = (name) => style.getPropertyValue(name).trim();
    return { ink: of("--ink"), card: of("--card"), line: of("--line") };
  };
  const drawn = new Set();

  const draw = (place) => {
    if (drawn.has(place)) return;
    drawn.add(place);
    const figure = JSON.parse(document.getElementById(`figure-${place.dataset.figure}`).textContent);
    const now = colors();
    figure.layout.font.color = now.ink;
    Object.assign(figure.layout.hoverlabel, { bgcolor: now.card, bordercolor: now.line });
    figure.layout.hoverlabel.font.color = now.ink;
    const narrow = place.clientWidth < 600;
    if (narrow) Object.assign(figure.layout, { dragmode: false, showlegend: false, margin: { ...figure.layout.margin, l: 44, r: 8 } });
    Plotly.newPlot(place, figure.data, figure.layout, { responsive: true, displaylogo: false, displayModeBar: narrow ? false : "hover",
      modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"], doubleClickDelay: 400 })
      .then(() => { place.dataset.drawn = "yes"; });
    place.on("plotly_click", (event) => {
      const about = [event.points[0].customdata].flat();
      if (rows.has(about[0])) location.hash = `run-${about[0]}`;
    });
    if (figure.layout.meta && figure.layout.meta.axis) place.on("plotly_relayout", (change) => together(place, figure.layout.meta.axis, change));
  };

  // Figures over the same axis are zoomed together.
  let following = false;
  const together = (place, axis, change) => {
    const range = change["xaxis.range"] || (change["xaxis.range[0]"] && [change["xaxis.range[0]"], change["xaxis.range[1]"]]);
    const free = change["xaxis.autorange"];
    if (following || !(range || free)) return;
    following = true;
    const others = [...drawn].filter((other) => other !== place && other.layout && other.layout.meta && other.layout.meta.axis === axis);
    Promise.all(others.map((other) => Plotly.relayout(other, free ? { "xaxis.autorange": true } : { "xaxis.range": range })))
      .finally(() => { following = false; });
  };

  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) { watcher.unobserve(entry.target); draw(entry.target); }
  }, { rootMargin: "300px" });
  plots.forEach((place) => watcher.observe(place));
  addEventListener("beforeprint", () => { plots.forEach(draw); for (const place of drawn) Plotly.Plots.resize(place); });

  // --- colours -----------------------------------------------------------------------------------------------------
  const button = document.getElementById("theme");
  const THEMES = ["auto", "light", "dark"];
  const NAMES = { auto: "as the system has them", light: "light", dark: "dark" };
  const choose = (theme) => {
    root.dataset.theme = theme;
    button.querySelector("span").textContent = theme;
    button.setAttribute("aria-label", `Colours: ${NAMES[theme]}`);
    const now = colors();
    const change = { "font.color": now.ink, "hoverlabel.bgcolor": now.card, "hoverlabel.bordercolor": now.line, "hoverlabel.font.color": now.ink };
    for (const place of drawn) if (place.dataset.drawn) Plotly.relayout(place, change);
  };
  const kept = () => { try { return localStorage.getItem("comfymeter-theme"); } catch { return null; } };
  button.addEventListener("click", () => {
    const theme = THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length];
    choose(theme);
    try { localStorage.setItem("comfymeter-theme", theme); } catch { /* a page from disk may not keep anything */ }
  });
  if (THEMES.includes(kept())) choose(kept());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => choose(root.dataset.theme));
  follow();
  root.dataset.ready = "yes";
})();
