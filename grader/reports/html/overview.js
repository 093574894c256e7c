"use strict";

// The table of a class: its rows and their verdicts stand in the page as data. Only rows near the view have their cells
// as elements: a class of a thousand would have a hundred thousand of them. Text is set as text only.

(() => {
  const box = document.getElementById("box");
  const table = document.getElementById("table");
  const body = table.tBodies[0];
  const words = document.getElementById("words");
  const flag = document.getElementById("flag");
  const group = document.getElementById("group");
  const pointed = document.getElementById("pointed");

  const meaning = {};
  for (const shown of document.querySelectorAll("[data-letter]")) {
    meaning[shown.dataset.letter] = { sign: shown.textContent, word: shown.dataset.word };
  }
  const checks = Array.from(table.querySelectorAll("th[data-check]"), (th) => ({ id: th.dataset.check, points: th.dataset.points }));
  const rows = Array.from(body.rows, (row, place) => ({
    row, place, link: row.querySelector("a"), cells: row.dataset.cells, own: row.cells.length,
    text: folded(Array.from(row.querySelectorAll("th, .key"), (part) => part.textContent).join(" ")),
    flags: (row.dataset.flags || "").split(" "),
    points: Object.fromEntries((row.dataset.points || "").split(" ").map((one) => one.split(":"))), // where not as usual
  }));
  const of = new Map(rows.map((one) => [one.row, one]));
  let chosen = null; // the rows of a cause or of a check's verdict, and what they are called

  // -- cells ------------------------------------------------------------------------------------------------------------

  function fill(one) {
    if (one.row.cells.length === one.own) {
      one.row.append(...checks.map((check, at) => cell(one, check, at)));
    }
  }

  let printing = false; // then no row gives its cells back

  function clear(one) {
    while (one.row.cells.length > one.own && !one.row.contains(document.activeElement)) {
      one.row.lastChild.remove();
    }
  }

  function cell(one, check, at) {
    const td = document.createElement("td");
    td.className = "v";
    td.setAttribute("role", "cell");
    const letter = one.cells[at];
    if (letter in meaning) {
      const link = document.createElement("a");
      link.href = one.link.getAttribute("href") + "#" + encodeURIComponent(check.id);
      link.className = "cell v-" + letter;
      link.textContent = meaning[letter].sign;
      link.tabIndex = -1;
      link.setAttribute("aria-label", `${one.link.textContent}, ${check.id}: ${meaning[letter].word}${points(one, check, at)}`);
      td.append(link);
    }
    return td;
  }

  function points(one, check, at) {
    const usual = `${one.cells[at] === "p" ? check.points : 0}/${check.points}`;
    const [earned, most] = (one.points[at] || usual).split("/");
    return most === "0" || "re".includes(one.cells[at]) ? "" : `, ${earned} of ${most}`;
  }

  const near = new IntersectionObserver(
    (seen) => seen.forEach((entry) => (entry.isIntersecting || printing ? fill : clear)(of.get(entry.target))),
    { root: box, rootMargin: "400px 0px" },
  );

  // -- which rows -------------------------------------------------------------------------------------------------------

  function folded(text) {
    return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  }

  function filter() {
    const wanted = folded(words.value.trim());
    let shown = 0;
    for (const one of rows) {
      const fits = one.text.includes(wanted) && (!flag.value || one.flags.includes(flag.value)) && (!chosen || chosen.has(one.place));
      one.row.hidden = !fits;
      shown += fits;
    }
    document.getElementById("shown").textContent = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")} shown`;
  }

  function choose(places, name, check) {
    chosen = places;
    for (const th of table.querySelectorAll("th[data-check]")) {
      th.classList.toggle("chosen", th.dataset.check === check);
      if (th.dataset.check === check) {
        box.scrollLeft = th.offsetLeft - box.clientWidth / 2;
      }
    }
    group.hidden = !places;
    group.textContent = name;
    filter();
    box.scrollTop = 0;
    if (places) {
      document.getElementById("students").scrollIntoView();
      group.focus({ preventScroll: true });
    }
  }

  function chooseByVerdict(check, letter) {
    const at = checks.findIndex((one) => one.id === check);
    const letters = letter === "f" ? "fh" : letter;
    const found = rows.filter((one) => letters.includes(one.cells[at]));
    choose(new Set(found.map((one) => one.place)), `${check}: ${meaning[letter].word}`, check);
  }

  // -- in which order ---------------------------------------------------------------------------------------------------

  const collator = new Intl.Collator("en", { numeric: true });
  const worst = "efhrsap"; // of a check, those to look at come first

  const keys = {
    text: (one, at) => (at ? one.row.cells[at] : one.link).textContent,
    number: (one, at) => parseFloat(one.row.cells[at].textContent),
    check: (one, at) => (one.cells[at] in meaning ? worst.indexOf(one.cells[at]) : NaN),
  };

  function compare(a, b, sign) {
    if (typeof a === "string") {
      return sign * collator.compare(a, b);
    }
    if (Number.isNaN(a) || Number.isNaN(b)) {
      return Number.isNaN(a) - Number.isNaN(b); // what there is nothing of comes last
    }
    return sign * (a - b);
  }

  function sort(button) {
    const th = button.closest("th");
    const kind = button.dataset.sort;
    const first = kind === "number" ? "descending" : "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const order = th.getAttribute("aria-sort") === first ? other : first;
    table.querySelectorAll("[aria-sort]").forEach((one) => one.setAttribute("aria-sort", "none"));
    th.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const sorted = rows.map((one) => ({ one, key: keys[kind](one, th.cellIndex) }));
    sorted.sort((a, b) => compare(a.key, b.key, sign) || a.one.place - b.one.place);
    body.append(...sorted.map(({ one }) => one.row));
    box.scrollTop = 0;
  }

  // -- what people do ---------------------------------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) {
      return;
    }
    if (button.dataset.sort) {
      sort(button);
    } else if (button.dataset.rows) {
      const cause = button.parentElement.querySelector(".cause").textContent;
      choose(new Set(button.dataset.rows.split(" ").map(Number)), cause, button.dataset.check);
    } else if (button.dataset.letterOf) {
      chooseByVerdict(button.dataset.check, button.dataset.letterOf);
    } else if (button === group) {
      choose(null, "", "");
      words.focus({ preventScroll: true });
    }
  });
  words.addEventListener("input", filter);
  flag.addEventListener("change", filter);
  document.querySelector(".tools").addEventListener("submit", (event) => event.preventDefault());

  function point(event) {
    const on = event.target.closest("a, button");
    pointed.textContent = on ? on.getAttribute("aria-label") || on.title || on.textContent : "";
  }
  table.addEventListener("pointerover", point);
  table.addEventListener("focusin", point);

  body.addEventListener("keydown", (event) => {
    const from = event.target.closest("th, td");
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    event.preventDefault();
    let row = from.parentElement;
    do {
      row = step[0] < 0 ? row.previousElementSibling : step[0] > 0 ? row.nextElementSibling : row;
    } while (row && row.hidden && step[0]);
    if (!row) {
      return;
    }
    fill(of.get(row));
    let at = from.cellIndex + step[1];
    while (row.cells[at] && !row.cells[at].querySelector("a")) {
      at += step[1] || 1;
    }
    if (row.cells[at]) {
      row.cells[at].querySelector("a").focus();
    }
  });

  window.addEventListener("beforeprint", () => {
    printing = true;
    rows.forEach((one) => one.row.hidden || fill(one));
  });
  window.addEventListener("afterprint", () => (printing = false));

  // -- how it is laid out -----------------------------------------------------------------------------------------------

  function layOut() {
    const roles = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TD: "cell" };
    const heads = { row: "rowheader", rowgroup: "rowheader", col: "columnheader", colgroup: "columnheader" };
    for (const part of document.querySelectorAll("table, thead, tbody, tr, th, td")) {
      part.setAttribute("role", roles[part.tagName] || heads[part.scope]); // what is no table to the eye is one to the ear
    }
    table.style.setProperty("--checks", checks.length);
    table.style.setProperty("--numbers", table.querySelectorAll("[data-sort=number]").length);
    for (const task of table.querySelectorAll(".task")) {
      task.style.gridColumn = `span ${task.colSpan}`;
    }
    document.documentElement.classList.add("script");
  }

  layOut();
  filter();
  rows.forEach((one) => near.observe(one.row));
})();
