"use strict";
/* Draws the recording that stands in #data.  Rows are calls in the order of cause and effect; a
   flow is a diagram of some of them, wide (a column for each lane, arrows between) or narrow (life
   lines in a gutter, calls beside it).  pysock/trace/page/rows.py says what a row's members are. */
const D = JSON.parse(document.getElementById("data").textContent);
const $ = id => document.getElementById(id);
const NS = "http://www.w3.org/2000/svg";
const LANE = 190;                       // pixels; where a lane has less, calls stand beside the lanes
const HUES = ["#2f7de1", "#d9822b", "#2ca06d", "#c2408f", "#7d5bd0", "#b3a11a", "#1aa3b8", "#c94f4f"];
let mode, chosen = -1, book = false, flows = [], visible = [];
const opened = new Set();               // runs of bookkeeping, by their first row
const joinsOf = D.rows.map(() => []);
D.joins.forEach((join, n) => { joinsOf[join[0]].push(n); if (join[1] !== join[0]) joinsOf[join[1]].push(n); });

function el(name, cls, text) {
  const made = document.createElement(name);
  if (cls) made.className = cls;
  if (text !== undefined) made.textContent = text;
  return made;
}
function svg(name, attributes, parent) {
  const made = document.createElementNS(NS, name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  return parent.appendChild(made);
}
function span(us) {
  if (us < 1000) return us + " µs";
  return us < 1e6 ? +(us / 1000).toPrecision(3) + " ms" : +(us / 1e6).toPrecision(3) + " s";
}
const plural = (n, word) => n.toLocaleString("en") + " " + word + (n === 1 ? "" : "s");
const kindClass = kind => kind === "bytes" ? "bytes-k" : kind;
const whose = (n, m) => m === n ? "" : m < 0 || D.rows[m].l === D.rows[n].l ? " (the other end)" : ` (${D.threads[D.rows[m].l]})`;
const line = row => { const file = D.sources[row.s[0]]; return file ? file[2].find(l => l[0] === row.s[1]) : null; };

/* --- which rows, in which lanes ----------------------------------------------------- */
const channelOf = width => width < 700 ? 84 : 112;
function chooseMode() {
  const room = $("diagram").clientWidth - 106, fits = n => n * LANE + (n - 1) * channelOf(room) <= room;
  if (D.threads.length === 1 && D.groups.length === 1 && D.groups[0][1].length > 1) return "connections";
  if (fits(D.threads.length) || D.threads.length <= 4) return "threads";
  if (D.processes.length > 1 && D.processes.length <= 4) return "processes";
  return D.groups.length > 1 ? "connections" : "threads";
}
function controls() {
  const lanes = $("lanes");
  for (const [name, count] of [["threads", D.threads.length], ["processes", D.processes.length], ["connections", D.groups.length]]) {
    const button = lanes.appendChild(el("button", "", `${name[0].toUpperCase()}${name.slice(1)} (${count})`));
    button.type = "button";
    button.dataset.mode = name;
    button.onclick = () => { mode = name; draw(); };
  }
  const hidden = D.rows.filter(row => row.h).length;
  $("book").hidden = !hidden;
  $("book").textContent = `Bookkeeping (${plural(hidden, "call")})`;
  $("book").onclick = () => { book = !book; opened.clear(); draw(); };
  $("theme").onclick = () => document.documentElement.classList.toggle("dark");
}
function draw() {
  const at = $("diagram");
  at.textContent = "";
  flows = []; visible = [];
  for (const button of $("lanes").children) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  $("book").setAttribute("aria-pressed", String(book));
  const all = D.rows.map((_, n) => n);
  if (mode === "connections") {
    for (let g = 0; g < D.groups.length; g++) section(at, g, all.filter(n => D.rows[n].g === g));
    section(at, -1, all.filter(n => D.rows[n].g === -1));
  } else if (mode === "processes") flow(at, D.processes, all, row => row.p, D.marks);
  else flow(at, D.threads, all, row => row.l, D.marks);
  arrows();
}
function section(at, group, rows) {
  if (!rows.length) return;
  const box = at.appendChild(el("details", "group"));
  const name = group < 0 ? "Calls on several sockets, or on none" : D.groups[group][0];
  const head = box.appendChild(el("summary", "", name + " "));
  const moved = D.joins.filter(j => (j[2] === "bytes" || j[2] === "datagram") && D.rows[j[1]].g === group);
  const bad = rows.filter(n => D.rows[n].k === 2).length;
  head.appendChild(el("small", "", [plural(rows.length, "call"), moved.length && plural(moved.length, "arrow") + " of data", bad && plural(bad, "failure")].filter(Boolean).join(", ")));
  const fill = () => {
    if (!box.open || box.dataset.full) return;
    box.dataset.full = "1";
    if (group < 0) flow(box, D.threads, rows, row => row.l, []);
    else flow(box, D.groups[group][1], rows, row => row.e, []);
    visible.sort((a, b) => a - b);
    arrows();
  };
  box.addEventListener("toggle", () => { fill(); arrows(); });
  box.show = () => { box.open = true; fill(); };  // the event would come after what asks for a call
  const first = rows.includes(chosen) || (chosen < 0 && moved.length && !document.querySelector("details[open]"));
  if (first) box.show();
  box.dataset.rows = rows.join(" ");
}

/* --- a flow --------------------------------------------------------------------------- */
function flow(at, names, rows, laneOf, marks) {
  const used = [...new Set(rows.map(n => laneOf(D.rows[n])))].sort((a, b) => a - b);
  const lane = new Map(used.map((l, n) => [l, n]));
  const grid = at.appendChild(el("div", "flow"));
  const width = grid.clientWidth || at.clientWidth;
  const phone = width < 560, timeWidth = phone ? 0 : 66;
  const count = used.length;
  const channel = channelOf(width);
  const wide = count === 1 || (width - timeWidth - (count - 1) * channel) / count >= LANE;
  const step = wide ? 0 : Math.max(5, Math.min(20, width * .34 / count));
  if (wide && D.joins.some(j => laneOf(D.rows[j[0]]) === laneOf(D.rows[j[1]]))) grid.style.paddingRight = "28px";
  const it = { grid, wide, step, count, lane, rows, channel, cells: new Map(), timeWidth };
  flows.push(it);
  if (!wide) grid.classList.add("gutter");
  const first = timeWidth ? `${timeWidth}px ` : "";
  const columns = used.map(() => "minmax(0, 1fr)").join(` ${channel}px `);
  grid.style.gridTemplateColumns = first + (wide ? columns : `${step * count + 10}px minmax(0, 1fr)`);
  const firstColumn = timeWidth ? 2 : 1;
  if (wide) used.forEach((l, n) => {
    const head = grid.appendChild(el("div", "lane-name", names[l]));
    head.style.gridColumn = firstColumn + 2 * n; head.style.gridRow = 1;
  }); else {
    const key = grid.appendChild(el("div", "key"));
    used.forEach((l, n) => { const one = key.appendChild(el("span", "", names[l])); one.style.setProperty("--c", HUES[n % HUES.length]); });
  }
  let place = 1, last = null, before = new Map(), ahead = [...marks];
  for (let i = 0; i < rows.length; i++) {
    const n = rows[i], row = D.rows[n], l = lane.get(laneOf(row));
    while (ahead.length && ahead[0][0] <= row.at) full("mark", ahead.shift()[1]);
    if (last !== null && row.at - last > 10000) full("gap", `⋮ ${span(row.at - last)} later`);
    last = row.at;
    place++;
    const cell = el("div", "cell");
    if (row.h && !book) {
      let more = i;
      while (more + 1 < rows.length && D.rows[rows[more + 1]].h) more++;
      if (!opened.has(n) && !(i && D.rows[rows[i - 1]].h && opened.has(runOf(rows, i)))) {
        const fold = cell.appendChild(el("button", "fold", `${more - i + 1} bookkeeping: ${[...new Set(rows.slice(i, more + 1).map(m => D.rows[m].f))].join(", ")}`));
        fold.type = "button";
        fold.setAttribute("aria-expanded", "false");
        fold.onclick = () => { opened.add(n); draw(); };
        put(cell, l, row);
        i = more;
        continue;
      }
    }
    const head = String(row.s);
    const other = !it.wide && it.lastLane !== l;
    if (before.get(l) !== head || other) {
      before.set(l, head);
      const source = line(row), file = D.sources[row.s[0]];
      const py = cell.appendChild(el("div", "py"));
      if (!wide) { const who = py.appendChild(el("span", "who", names[used[l]])); who.style.setProperty("--c", HUES[l % HUES.length]); }
      py.appendChild(document.createTextNode((source ? source[1].trim() : row.me) + " "));
      const by = mode === "connections" && wide && D.threads.length > 1 ? ` · ${D.threads[row.l]}` : "";
      py.appendChild(el("small", "", (file ? `${file[1]}:${row.s[1]}` : "") + by));
    }
    it.lastLane = l;
    const call = cell.appendChild(el("button", "call"));
    call.type = "button"; call.dataset.row = n; call.tabIndex = -1;
    if (row.k) call.classList.add(row.k === 2 ? "bad" : "answer");
    call.appendChild(el("span", "fn", row.f));
    call.appendChild(document.createTextNode(`(${row.x}) → `));
    call.appendChild(el("span", "res", row.r));
    call.onclick = () => choose(n, false);
    if (row.m) cell.appendChild(el("div", "under " + (row.k === 2 ? "failure" : "was-answer"), row.m));
    if (row.d < 0) cell.appendChild(el("div", "under waits", "waits until the recording ends"));
    else if (row.d >= 10000) cell.appendChild(el("div", "under waits", `waited ${span(row.d)}`));
    const beside = states(cell, n, row, l);
    cell.appendChild(el("div", "under chips"));
    it.cells.set(n, { cell, call, l });
    visible.push(n);
    put(cell, l, row);
    for (const [state, other] of beside) {
      const alone = grid.appendChild(el("div", "cell alone"));
      alone.appendChild(el("div", "under state", state));
      alone.style.gridRow = place; alone.style.gridColumn = firstColumn + 2 * other;
    }
  }
  while (ahead.length) full("mark", ahead.shift()[1]);
  it.picture = svg("svg", { "aria-hidden": "true" }, grid);
  new ResizeObserver(() => drawOver(it)).observe(grid);

  /* The states of TCP after a call; those for other lanes are left, as [state, lane]. */
  function states(cell, n, row, l) {
    const beside = [];
    for (const [state, m] of row.st || []) {
      const other = m < 0 ? undefined : lane.get(laneOf(D.rows[m]));
      if (wide && other !== undefined && other !== l) beside.push([state, other]);
      else cell.appendChild(el("div", "under state", state + (m >= 0 && other !== l ? ` (${names[laneOf(D.rows[m])]})` : whose(n, m))));
    }
    return beside;
  }
  function put(cell, l, row) {
    cell.style.gridRow = place; cell.style.gridColumn = wide ? firstColumn + 2 * l : firstColumn + 1;
    if (timeWidth) {
      const time = grid.appendChild(el("div", "time", row.at ? "+" + span(row.at) : "0"));
      time.style.gridRow = place; time.style.gridColumn = 1;
    }
    grid.appendChild(cell);
  }
  function full(cls, text) {
    place++;
    const made = grid.appendChild(el("div", cls));
    made.appendChild(el("span", "", text));
    made.style.gridRow = place;
  }
}
function runOf(rows, i) { while (i && D.rows[rows[i - 1]].h) i--; return rows[i]; }

/* --- what is drawn over it ---------------------------------------------------------- */
function arrows() { flows.forEach(drawOver); }
function drawOver(it) {
  const { grid, picture, cells, wide, step } = it;
  if (!grid.offsetParent) return;
  picture.textContent = "";
  for (const { cell } of cells.values()) cell.querySelector(".chips").textContent = "";
  const frame = grid.getBoundingClientRect();
  picture.setAttribute("width", frame.width); picture.setAttribute("height", frame.height);
  for (const [n] of cells) chips(it, n);
  const box = new Map();
  for (const [n, { call, l }] of cells) {
    const r = call.getBoundingClientRect();
    box.set(n, { l, left: r.left - frame.left, right: r.right - frame.left, top: r.top - frame.top, bottom: r.bottom - frame.top, y: (r.top + r.bottom) / 2 - frame.top });
  }
  const full = grid.getBoundingClientRect();
  picture.setAttribute("height", full.height);
  const gutterX = l => it.timeWidth + (l + .5) * step;
  const top = 34;
  for (let l = 0; l < it.count; l++) {
    const any = [...box.values()].find(b => b.l === l);
    if (!any) continue;
    const x = wide ? (any.left + any.right) / 2 : gutterX(l);
    svg("line", { class: "life", x1: x, x2: x, y1: wide ? top : grid.querySelector(".key").offsetHeight, y2: full.height, style: wide ? "" : `stroke:${HUES[l % HUES.length]};opacity:.45` }, picture);
  }
  bars(it, box, gutterX, full.height);
  if (!wide) for (const b of box.values()) svg("circle", { cx: gutterX(b.l), cy: b.y, r: Math.min(4, step / 2.4), fill: HUES[b.l % HUES.length] }, picture);
  joinsIn(it).forEach(n => {
    const join = D.joins[n], from = box.get(join[0]), to = box.get(join[1]);
    if (!from || !to) return;
    const g = svg("g", { class: "join " + kindClass(join[2]), "data-join": n }, picture);
    if (wide) wideArrow(g, join, from, to, it.channel); else narrowArrow(g, from, to, gutterX);
  });
  mark();
}
function joinsIn(it) { return [...new Set([...it.cells.keys()].flatMap(n => joinsOf[n]))]; }
function head(g, x, y, dx, dy) {
  const length = Math.hypot(dx, dy) || 1, ux = dx / length, uy = dy / length, s = 8;
  const px = x - ux * s, py = y - uy * s;
  svg("path", { class: "head", d: `M${x} ${y}L${px - uy * 4} ${py + ux * 4}L${px + uy * 4} ${py - ux * 4}Z` }, g);
}
const fits = (label, channel) => label.length * 6.6 < channel - 6;
function wideArrow(g, join, from, to, channel) {
  if (from.l === to.l) {
    const x1 = from.right, x2 = to.right, bend = Math.min(34, 14 + Math.abs(to.y - from.y) / 12);
    svg("path", { class: "arrow", d: `M${x1} ${from.y}C${x1 + bend} ${from.y},${x2 + bend} ${to.y},${x2 + 2} ${to.y}` }, g);
    head(g, x2, to.y, -1, 0);
    return;
  }
  const right = to.l > from.l, x1 = right ? from.right : from.left, x2 = right ? to.left : to.right;
  svg("line", { class: "arrow", x1, y1: from.y, x2, y2: to.y }, g);
  head(g, x2, to.y, x2 - x1, to.y - from.y);
  if (fits(join[3], channel)) {
    const share = (channel / 2) / Math.abs(x2 - x1), part = Math.abs(to.l - from.l) === 1 ? .5 : 1 - share;
    svg("text", { x: x1 + (x2 - x1) * part, y: from.y + (to.y - from.y) * part + 4 }, g).textContent = join[3];
  }
}
function narrowArrow(g, from, to, gutterX) {
  const x1 = gutterX(from.l), x2 = gutterX(to.l);
  if (x1 === x2) {
    svg("path", { class: "arrow", d: `M${x1} ${from.y}C${x1 + 12} ${from.y},${x1 + 12} ${to.y},${x1 + 4} ${to.y}` }, g);
    head(g, x1 + 3, to.y, -1, 0);
  } else {
    svg("line", { class: "arrow", x1, y1: from.y, x2, y2: to.y }, g);
    head(g, x2, to.y, x2 - x1, to.y - from.y);
  }
}
function chips(it, n) {
  const { cell, l } = it.cells.get(n), into = cell.querySelector(".chips");
  for (const j of joinsOf[n]) {
    const [from, to, kind, label] = D.joins[j];
    const sends = from === n, other = it.cells.get(sends ? to : from);
    if (it.wide && other && other.l !== l && fits(label, it.channel)) continue;
    const where = other ? "" : `, ${D.threads[D.rows[sends ? to : from].l]}`;
    const chip = into.appendChild(el("span", "chip " + kindClass(kind), `${sends ? "→" : "←"} ${label}${where}`));
    chip.dataset.join = j;
  }
}
function bars(it, box, gutterX, bottom) {
  const shown = [...box.keys()], at = shown.map(n => D.rows[n].at);
  shown.forEach((n, i) => {
    const row = D.rows[n], b = box.get(n);
    let from = i, to = i;
    const begun = row.t, ended = row.d < 0 ? Infinity : row.t + row.d;
    while (from > 0 && at[from - 1] >= begun) from--;
    while (to + 1 < shown.length && at[to + 1] <= ended) to++;
    if ((from === i && to === i && row.d >= 0) || (row.d >= 0 && row.d < (row.at > row.t ? 20 : 1000))) return;
    const y1 = from === i ? b.y : box.get(shown[from]).top, y2 = row.d < 0 ? bottom : to === i ? b.y : box.get(shown[to]).bottom;
    const x = it.wide ? b.left - 9 : gutterX(b.l) - 2.5;
    svg("rect", { class: "bar", x, y: y1, width: 5, height: Math.max(6, y2 - y1), rx: 2 }, it.picture);
  });
}

/* --- choosing ------------------------------------------------------------------------- */
function choose(n, scroll) {
  chosen = n;
  if (mode === "connections") for (const box of document.querySelectorAll("details.group"))
    if (box.dataset.rows.split(" ").includes(String(n))) box.show();
  panel(D.rows[n], n);
  $("panel").classList.add("open");
  mark();
  const call = document.querySelector(`.call[data-row="${n}"]`);
  if (call && scroll) { call.focus({ preventScroll: true }); call.scrollIntoView({ block: "nearest" }); keepAbove(call); }
}
function keepAbove(call) {
  if (getComputedStyle($("panel")).position !== "fixed") return;
  const over = call.getBoundingClientRect().bottom - $("panel").getBoundingClientRect().top + 20;
  if (over > 0) scrollBy(0, over);
}
function mark() {
  const mine = chosen < 0 ? [] : joinsOf[chosen];
  const near = new Set(mine.flatMap(j => [D.joins[j][0], D.joins[j][1]]));
  for (const call of document.querySelectorAll(".call")) {
    const n = +call.dataset.row;
    call.tabIndex = n === chosen || (chosen < 0 && n === visible[0]) ? 0 : -1;
    if (n === chosen) call.setAttribute("aria-current", "true"); else call.removeAttribute("aria-current");
    call.classList.toggle("other", n !== chosen && near.has(n));
  }
  for (const g of document.querySelectorAll("g.join")) g.classList.toggle("faded", mine.length > 0 && D.joins.length > 12 && !mine.includes(+g.dataset.join));
}
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("summary, .listing")) return;
  const at = visible.indexOf(chosen), mine = chosen < 0 ? [] : joinsOf[chosen];
  let next = -1;
  if (event.key === "ArrowDown" || event.key === "j") next = visible[Math.min(visible.length - 1, at + 1)];
  else if (event.key === "ArrowUp" || event.key === "k") next = visible[Math.max(0, at - 1)];
  else if (event.key === "Home") next = visible[0];
  else if (event.key === "End") next = visible[visible.length - 1];
  else if (event.key === "ArrowRight") { const j = mine.find(j => D.joins[j][0] === chosen); if (j !== undefined) next = D.joins[j][1]; }
  else if (event.key === "ArrowLeft") { const j = mine.find(j => D.joins[j][1] === chosen); if (j !== undefined) next = D.joins[j][0]; }
  else if (event.key === "Escape") { $("panel").classList.remove("open"); return; }
  else return;
  event.preventDefault();
  if (next >= 0 && next !== undefined) choose(next, true);
});

/* --- the panel ------------------------------------------------------------------------ */
function panel(row, n) {
  const at = $("panel");
  at.textContent = ""; at.scrollTop = 0;
  const close = at.appendChild(el("button", "", "Close"));
  close.id = "close"; close.type = "button";
  close.onclick = () => at.classList.remove("open");
  const who = D.processes.length > 1 && !D.threads[row.l].startsWith(D.processes[row.p]) ? `${D.processes[row.p]}, ` : "";
  const took = row.d < 0 ? "never ends" : `takes ${span(row.d)}`;
  at.appendChild(el("p", "meta", `${who}${D.threads[row.l]} · begins at ${span(row.t)} · ${took}`));
  at.appendChild(el("h2", "", "In Python"));
  const source = line(row), file = D.sources[row.s[0]];
  const py = at.appendChild(el("pre", "code"));
  py.textContent = (source ? source[1].trim() + "\n" : "") + (row.me ? `  ${row.me}` : "") + (file ? `   ${file[1]}, line ${row.s[1]}` : "");
  at.appendChild(el("h2", "", row.n ? "In C (a call of the library, no system call)" : "In C"));
  at.appendChild(el("pre", "code", D.protos[row.f]));
  const table = at.appendChild(el("table"));
  for (const [name, value] of [...row.a, ["result", row.r]]) {
    const tr = table.insertRow();
    tr.insertCell().textContent = name; tr.insertCell().textContent = value;
  }
  if (row.m) at.appendChild(el("p", "under " + (row.k === 2 ? "failure" : "was-answer"), row.m));
  if (row.st) {
    at.appendChild(el("h2", "", "TCP, after it"));
    for (const [state, m] of row.st) at.appendChild(el("div", "state", state + whose(n, m)));
  }
  ends(at, row, n);
  for (const [title, size, cells] of row.b.map(b => D.maps[b])) map(at, title, size, cells);
  if (file && file[2].length) listing(at, file);
  program(at, n);

  function listing(at, file) {
    at.appendChild(el("h2", "", file[1]));
    const list = at.appendChild(el("div", "code listing"));
    list.tabIndex = 0; list.setAttribute("aria-label", "The program");
    let before = 0, here;
    for (const [number, text] of file[2]) {
      if (before && number > before + 1) list.appendChild(el("div", "", "⋮"));
      before = number;
      const one = list.appendChild(el("div"));
      one.appendChild(el("i", "", number)); one.appendChild(document.createTextNode(text));
      if (number === row.s[1]) { one.className = "here"; here = one; }
    }
    if (here) list.scrollTop = here.offsetTop - 100;
  }
}
function ends(at, row, n) {
  const mine = joinsOf[n];
  const sent = /^(send|write)/.test(row.f), took = /^recv|^read/.test(row.f);
  if (!mine.length && !(row.o && (sent || took))) return;
  at.appendChild(el("h2", "", "The other end"));
  const list = at.appendChild(el("ul", "links"));
  for (const j of mine) {
    const [from, to, kind, label, start, within, into] = D.joins[j];
    const other = from === n ? to : from, r = D.rows[other];
    const bytes = kind === "bytes" ? `, bytes ${start.toLocaleString("en")} and on in the stream` + (within ? `, ${within.toLocaleString("en")} into what was sent` : "") + (into ? `, ${into.toLocaleString("en")} into what was received` : "") : "";
    const go = list.appendChild(el("li")).appendChild(el("button", kindClass(kind), `${from === n ? "→" : "←"} ${label}: ${r.f}, ${D.threads[r.l]}${bytes}`));
    go.type = "button";
    go.onclick = () => choose(other, true);
  }
  const joined = mine.filter(j => ["bytes", "datagram"].includes(D.joins[j][2])).length;
  if (row.o && (sent || took) && !joined) at.appendChild(el("p", "meta", sent ? "No call in the recording receives this." : "No call in the recording sends this."));
}
function map(at, title, size, cells) {
  at.appendChild(el("h2", "", `${title}, ${plural(size, "byte")}`));
  const box = at.appendChild(el("div", "map"));
  for (const [hex, name, meaning] of cells) {
    const member = box.appendChild(el("div", "member" + (name || meaning ? "" : " padding")));
    if (hex) member.appendChild(el("div", "bytes", hex.match(/../g).join(" ")));
    if (name || (!meaning && hex)) member.appendChild(el("b", "", name || "padding"));
    if (meaning) member.appendChild(el("span", "", meaning));
  }
}
function program(at, n) {
  const title = at.appendChild(el("h2", "", "The C program that makes the same calls"));
  const copy = title.appendChild(el("button", "copy", "Copy"));
  copy.type = "button";
  copy.onclick = () => navigator.clipboard.writeText(cProgram()).then(() => { copy.textContent = "Copied"; }, () => { copy.textContent = "Not allowed here"; });
  const list = at.appendChild(el("div", "code listing c"));
  list.tabIndex = 0; list.setAttribute("aria-label", "The C program");
  const at0 = D.order.indexOf(n);
  if (at0 <= 150) for (const text of D.head) list.appendChild(el("div", "", text)); else list.appendChild(el("div", "", "⋮"));
  let here;
  for (const m of D.order.slice(Math.max(0, at0 - 150), at0 + 150)) for (const text of D.rows[m].c) {
    const one = list.appendChild(el("div", m === n ? "here" : "", "    " + text));
    here = here || (m === n ? one : null);
  }
  if (at0 + 150 >= D.rows.length) for (const text of D.tail) list.appendChild(el("div", "", text)); else list.appendChild(el("div", "", "⋮"));
  if (here) list.scrollTop = here.offsetTop - 100;
}
function cProgram() {
  return [...D.head, ...D.order.flatMap(n => D.rows[n].c.map(text => "    " + text)), ...D.tail].join("\n") + "\n";
}

/* --- the beginning ------------------------------------------------------------------ */
(function () {
  const wished = new URLSearchParams(location.hash.slice(1));
  const dark = matchMedia("(prefers-color-scheme: dark)");
  document.documentElement.classList.toggle("dark", wished.get("theme") ? wished.get("theme") === "dark" : dark.matches);
  dark.addEventListener("change", () => document.documentElement.classList.toggle("dark", dark.matches));
  $("title").textContent = D.title;
  const shown = D.rows.length;
  $("about").textContent = `${plural(shown, "call")} into the C library in ${span(D.end)}. An arrow joins what one end sent with what the other received; a bar is a call that waits. Click a call; ↑ ↓ step, ← → follow an arrow.`;
  for (const note of D.notes) $("notes").appendChild(el("p", "", note));
  controls();
  book = wished.get("bookkeeping") === "1";
  mode = wished.get("lanes") || chooseMode();
  draw();
  const first = wished.has("call") ? +wished.get("call") : innerWidth >= 1000 ? (visible[0] ?? -1) : -1;
  if (D.rows[first]) choose(first, wished.has("call"));
  let width = $("diagram").clientWidth;
  new ResizeObserver(() => {
    if ($("diagram").clientWidth === width) return;
    width = $("diagram").clientWidth;
    draw();
  }).observe($("diagram"));
  document.documentElement.dataset.drawn = "1";
})();
