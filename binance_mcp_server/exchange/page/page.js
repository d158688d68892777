"use strict";
// Everything is read from /__sim once a second and written as text; nothing else is ever asked.

const $ = (id) => document.getElementById(id);
const STATUSES = ["TRADING", "HALT", "BREAK", "CANCEL_ONLY", "END_OF_DAY"];
const OPEN = ["NEW", "PARTIALLY_FILLED", "PENDING_NEW"];
const ORDER = { kind: "order", operations: ["order.place"] };
const PRESETS = [
  ["Orders", [
    ["Placed, and no answer comes", { ...ORDER, executes: true, then: "hang" }],
    ["Placed, and the connection is reset", { ...ORDER, executes: true, then: "reset" }],
    ["Placed, and told “-1007 timeout”", { ...ORDER, executes: true, then: "-1007" }],
    ["Not placed, and told “-1006 unexpected”", { ...ORDER, executes: false, then: "-1006" }],
    ["Not placed, and told 503", { ...ORDER, executes: false, then: "503" }],
    ["Found by queries 3 s late", { kind: "late_orders", ms: 3000 }],
    ["Filled just before they are cancelled", { kind: "fill_before_cancel" }],
  ]],
  ["User data", [
    ["Every third event ends the subscription", { kind: "user_stream", then: "terminated", every: 3 }],
    ["Every third event is a reset", { kind: "user_stream", then: "cut", every: 3 }],
    ["Silent", { kind: "user_stream", then: "silent" }],
  ]],
  ["Streams", [
    ["Reset at every 500th frame", { kind: "reset", every: 500 }],
    ["Two frames in a hundred are lost", { kind: "drop", share: 0.02 }],
    ["One in ten comes twice", { kind: "duplicate", share: 0.1 }],
    ["Silent, and deaf", { kind: "blackhole" }],
    ["Down", { kind: "streams_down" }],
  ]],
  ["REST", [
    ["Two seconds slow", { kind: "slow_rest", delay_ms: 2000 }],
    ["The next three order books are old", { kind: "stale_snapshots", times: 3 }],
    ["Down, 503", { kind: "rest_down", status: 503 }],
  ]],
];

let chosen = null;
let armed = [];
let seed = 1;
let shownPlan = "";
let orders = [];
const shown = new Map(); // symbol → last price shown

// --- small tools

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

function put(parent, children) {
  parent.replaceChildren(...children);
}

/** "61837.63000000" → "61,837.63": digits as they came, without the zeros at the end. */
function digits(text) {
  if (text === null || text === undefined) return "–";
  const [whole, fraction = ""] = String(text).split(".");
  const kept = fraction.replace(/0+$/, "");
  return whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",") + (kept ? "." + kept : "");
}

/** How many decimals the longest of *texts* needs, and one of them with so many. */
const placesOf = (texts) => Math.max(0, ...texts.map((text) => (text.split(".")[1] || "").replace(/0+$/, "").length));

function aligned(text, places) {
  const [whole, fraction = ""] = text.split(".");
  return digits(whole) + (places ? "." + fraction.padEnd(places, "0").slice(0, places) : "");
}

const isZero = (text) => !/[1-9]/.test(text);
const timeOf = (ms) => new Date(ms).toISOString().slice(11, 19);

async function ask(path, body) {
  const options = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const answer = await fetch(path, options);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error || `${answer.status}`);
  return told;
}

function say(problem) {
  $("problem").textContent = problem || "";
  $("problem").hidden = !problem;
}

/** Do something that a person asked for, then show what came of it. */
async function act(doing) {
  try {
    const told = await doing();
    acts += 1;
    say("");
    await refresh();
    return told;
  } catch (error) {
    acts += 1;
    shownPlan = "";
    await refresh();
    say(error.message);
    return null;
  }
}

// --- what is shown

function showState(state, clock) {
  const what = { replay: state.files?.join(", "), mirror: state.of }[state.source] ?? `seed ${state.seed}`;
  $("source").textContent = `${state.source} · ${what}${state.ended ? " · at its end" : ""}`;
  $("play").hidden = !(state.held || state.waiting_for_subscriber);
  $("weight").textContent = `${state.used_weight} / ${state.limits.REQUEST_WEIGHT}`;
  $("weight").className = state.used_weight > 0.8 * state.limits.REQUEST_WEIGHT ? "hot" : "";
  $("requests").textContent = digits(state.requests);
  $("refused").textContent = state.refused_429 + state.refused_418;
  $("refused").className = state.refused_429 + state.refused_418 ? "hot" : "";
  $("connections").textContent = state.streams.connections + (state.ws_api?.connections ?? 0);
  $("now").textContent = timeOf(clock.now_ms);
  const skew = clock.skew_ms ? ` · ${clock.skew_ms > 0 ? "+" : ""}${clock.skew_ms} ms` : "";
  $("date").textContent = new Date(clock.now_ms).toISOString().slice(0, 10) + " UTC" + skew;
  for (const button of $("speeds").children) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.speed) === clock.speed));
  }
  if (state.failure) say(`The market stopped: ${state.failure}`);
}

function showSymbols(symbols) {
  const body = $("symbols");
  if (body.contains(document.activeElement) && document.activeElement.tagName === "SELECT") return;
  put(body, symbols.map(symbolRow));
}

function symbolRow(line) {
  const row = make("tr");
  const change = changeOf(line);
  const last = make("td", "num", digits(line.last));
  const before = shown.get(line.symbol);
  if (before !== undefined && before !== line.last) last.classList.add(Number(line.last) > Number(before) ? "rose" : "fell");
  shown.set(line.symbol, line.last);
  row.append(
    make("td", "", line.symbol), last,
    make("td", `num ${change > 0 ? "up" : change < 0 ? "down" : "dim"}`, change === null ? "–" : `${change > 0 ? "+" : ""}${change.toFixed(2)} %`),
    make("td", "", statusSelect(line)),
  );
  row.tabIndex = 0;
  row.setAttribute("aria-selected", String(line.symbol === chosen));
  const choose = () => { chosen = line.symbol; refresh(); };
  row.addEventListener("click", choose);
  row.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target === row) choose(); });
  return row;
}

function changeOf(line) {
  if (line.hour_open === null || line.last === null || isZero(line.hour_open)) return null;
  return (Number(line.last) / Number(line.hour_open) - 1) * 100;
}

function statusSelect(line) {
  const select = make("select", line.status === "TRADING" ? "" : "halted");
  const names = STATUSES.includes(line.status) ? STATUSES : [line.status, ...STATUSES];
  put(select, names.map((name) => new Option(name, name, false, name === line.status)));
  select.setAttribute("aria-label", `Status of ${line.symbol}`);
  select.addEventListener("click", (event) => event.stopPropagation());
  select.addEventListener("change", () => {
    const status = select.value;
    select.blur();
    act(() => ask("symbols", { symbol: line.symbol, status }));
  });
  return select;
}

function showSymbol(detail, line) {
  $("symbol-title").textContent = `${detail.base} / ${detail.quote}`;
  $("last").textContent = digits(line.last);
  $("last").className = `price ${changeOf(line) < 0 ? "down" : "up"}`;
  const both = line.bid !== null && line.ask !== null;
  $("spread").textContent = `${digits(line.hour_trades)} trades and ${digits(line.hour_quote_volume.split(".")[0])} ${detail.quote} in an hour`;
  const mine = orders.filter((order) => order.symbol === detail.symbol && OPEN.includes(order.status));
  const most = Math.max(...[...detail.bids, ...detail.asks].map(([, qty]) => Number(qty)), 0);
  const levels = [...detail.asks, ...detail.bids];
  const places = [0, 1].map((column) => placesOf([...levels.map((level) => level[column]),
    ...detail.trades.map((trade) => (column ? trade.qty : trade.price))]));
  put($("asks"), [...detail.asks].reverse().map((level) => ladderRow(level, places, most, mine, "down")));
  put($("bids"), detail.bids.map((level) => ladderRow(level, places, most, mine, "up")));
  $("middle").textContent = both ? `spread ${digits((Number(line.ask) - Number(line.bid)).toFixed(8))}` : "one side is empty";
  put($("trades"), detail.trades.map((trade) => make(
    "div", "",
    make("span", trade.buyer_is_maker ? "down" : "up", aligned(trade.price, places[0])),
    make("span", "", aligned(trade.qty, places[1])),
    make("span", "dim", timeOf(trade.time)),
  )));
  drawChart(detail.candles, line.last, mine);
}

function ladderRow([price, qty], places, most, mine, side) {
  const bar = make("i");
  bar.style.width = `${most ? (100 * Number(qty)) / most : 0}%`;
  const own = mine.some((order) => Number(order.price) === Number(price));
  const row = make("div", own ? "mine" : "", bar, make("span", side, aligned(price, places[0])), make("span", "", aligned(qty, places[1])));
  if (own) row.title = "An order of an account stands here";
  return row;
}

function drawChart(candles, last, mine) {
  const [width, height, right, below] = [720, 260, 74, 18];
  const parts = [];
  const add = (tag, attributes, text) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text !== undefined) element.textContent = text;
    parts.push(element);
  };
  const rows = candles.map((row) => row.map(Number));
  const prices = [...rows.flatMap((row) => [row[2], row[3]]), ...(last === null ? [] : [Number(last)])];
  let [low, high] = [Math.min(...prices), Math.max(...prices)];
  if (prices.length && low === high) [low, high] = [low * 0.999, high * 1.001];
  if (prices.length) {
    const pad = (high - low) * 0.06;
    [low, high] = [low - pad, high + pad];
    const y = (price) => (height - below) * (1 - (price - low) / (high - low));
    const places = Math.max(0, Math.min(8, 1 - Math.floor(Math.log10(high - low))));
    for (let step = 1; step < 5; step += 1) {
      const price = low + ((high - low) * step) / 5;
      add("line", { class: "grid", x1: 0, x2: width - right, y1: y(price), y2: y(price) });
      if (last === null || Math.abs(y(price) - y(Number(last))) > 10) {
        add("text", { class: "axis", x: width - right + 8, y: y(price) + 3 }, digits(price.toFixed(places)));
      }
    }
    const slot = (width - right) / Math.max(rows.length, 30);
    rows.forEach(([time, open, top, bottom, close], place) => {
      const x = (place + 0.5) * slot;
      const kind = close >= open ? "up" : "down";
      add("line", { class: kind, x1: x, x2: x, y1: y(top), y2: y(bottom) });
      const [upper, lower] = [y(Math.max(open, close)), y(Math.min(open, close))];
      add("rect", { class: kind, x: x - slot * 0.32, width: slot * 0.64, y: upper, height: Math.max(1, lower - upper), "stroke-width": 0 });
      if (place % 15 === 0 && x > 16) add("text", { class: "axis", x, y: height - 4, "text-anchor": "middle" }, timeOf(time).slice(0, 5));
    });
    for (const order of mine) {
      const price = Number(order.price) || Number(order.stopPrice);
      if (price > low && price < high) add("line", { class: `order ${order.side === "BUY" ? "up" : "down"}`, x1: 0, x2: width - right, y1: y(price), y2: y(price) });
    }
    if (last !== null) {
      add("line", { class: "now", x1: 0, x2: width - right, y1: y(Number(last)), y2: y(Number(last)) });
      add("text", { class: "now-label", x: width - right + 8, y: y(Number(last)) + 3 }, digits(last));
    }
  }
  put($("chart"), parts);
}

function showAccounts(accounts) {
  const place = $("accounts");
  if (place.contains(document.activeElement) && document.activeElement.tagName === "INPUT") return;
  put(place, accounts.map(accountCard));
  const names = accounts.map((account) => account.name);
  const whose = $("whose");
  if (whose.options.length !== names.length + 1) {
    const before = whose.value;
    put(whose, [new Option("of all accounts", ""), ...names.map((name) => new Option(`of ${name}`, name))]);
    whose.value = names.includes(before) ? before : "";
  }
}

function accountCard(account) {
  const kinds = account.keys.map((key) => key.key_type).join(", ");
  const rows = Object.entries(account.balances).filter(([, held]) => !isZero(held.free) || !isZero(held.locked)).map(([asset, held]) => {
    const locked = isZero(held.locked) ? "" : `  + ${digits(held.locked)} locked`;
    return make("tr", "", make("td", "", asset), make("td", "mono", digits(held.free), make("span", "dim", locked)));
  });
  const amount = make("input", "");
  amount.placeholder = "500 USDT";
  amount.setAttribute("aria-label", `Deposit into ${account.name}`);
  const form = make("form", "", amount, make("button", "", "Deposit"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [asset, value] = Object.entries(readBalances(amount.value))[0] || ["", ""];
    amount.blur();
    act(() => ask("deposit", { account: account.name, asset, amount: value }));
  });
  return make(
    "div", "account",
    make("header", "", make("b", "", account.name), make("span", "keys", `${kinds} · ${account.keys.length === 1 ? "one key" : `${account.keys.length} keys`}`)),
    make("table", "", make("tbody", "", ...rows)), form,
  );
}

/** "10000 USDT, 1 BTC" → {USDT: "10000", BTC: "1"} */
function readBalances(text) {
  const pairs = text.split(",").map((part) => part.trim()).filter(Boolean).map((part) => part.split(/\s+/));
  return Object.fromEntries(pairs.map(([amount, asset = ""]) => [asset.toUpperCase(), amount]));
}

function showOrders() {
  const wanted = orders.filter((order) => (!$("whose").value || order.account === $("whose").value)
    && (!$("only-open").checked || OPEN.includes(order.status)));
  put($("order-rows"), wanted.slice(-300).reverse().map(orderRow));
  $("no-orders").hidden = wanted.length > 0;
}

function orderRow(order) {
  const bar = make("i");
  const part = Number(order.origQty) ? Number(order.executedQty) / Number(order.origQty) : 0;
  bar.style.width = `${100 * part}%`;
  const tone = { FILLED: "up", NEW: "", PARTIALLY_FILLED: "", REJECTED: "down" }[order.status] ?? "dim";
  return make(
    "tr", "",
    make("td", "mono dim", timeOf(order.time)), make("td", "", order.account), make("td", "", order.symbol),
    make("td", order.side === "BUY" ? "up" : "down", order.side), make("td", "", `${order.type} ${order.timeInForce}`),
    make("td", "num", isZero(order.price) ? "–" : digits(order.price)),
    make("td", "num", isZero(order.stopPrice) ? "–" : digits(order.stopPrice)),
    make("td", "num", digits(order.origQty)),
    make("td", "mono", make("span", "bar", bar), digits(order.executedQty)),
    make("td", "num dim", order.ahead === undefined ? "–" : digits(order.ahead)),
    make("td", tone, order.status), make("td", "mono dim id", order.clientOrderId),
  );
}

const isPreset = (fault, preset) => Object.entries(preset).every(([name, value]) => JSON.stringify(fault[name]) === JSON.stringify(value));
const bare = ({ struck, ...fault }) => fault;

let sending = Promise.resolve(); // one plan after the other, the last one stands

function arm(faults) {
  const plan = { seed, faults: faults.map(bare) };
  armed = faults.map((fault) => ({ struck: 0, ...fault }));
  acts += 1;
  return act(async () => {
    const before = sending;
    sending = before.then(() => ask("faults", plan), () => ask("faults", plan));
    await sending;
  });
}

function showFaults() {
  const others = armed.filter((fault) => !PRESETS.some(([, list]) => list.some(([, preset]) => isPreset(fault, preset))));
  const groups = PRESETS.flatMap(([title, list]) => [make("h3", "", title), ...list.map(([label, preset]) => faultRow(label, preset))]);
  const own = others.map((fault) => faultRow(JSON.stringify(bare(fault)), bare(fault)));
  put($("faults"), [...groups, ...(own.length ? [make("h3", "", "Others"), ...own] : [])]);
  $("clear").hidden = armed.length === 0;
}

function faultRow(label, preset) {
  const found = armed.find((fault) => isPreset(fault, preset));
  const box = make("input");
  box.type = "checkbox";
  box.checked = found !== undefined;
  box.setAttribute("role", "switch");
  box.addEventListener("change", () => arm(box.checked ? [...armed, preset] : armed.filter((fault) => !isPreset(fault, preset))));
  const struck = found ? make("b", "", `${found.struck} struck`) : "";
  return make("label", "fault", box, make("span", "", label), struck);
}

// --- what is asked

let asking = false;
let again = false;
let acts = 0; // what a person did so far: what was asked for before the last of it is old when it comes

async function refresh() {
  again = true;
  if (asking) return;
  asking = true;
  try {
    while (again) {
      again = false;
      await look();
    }
  } catch (error) {
    say(`The exchange does not answer: ${error.message}`);
  } finally {
    asking = false;
  }
}

async function look() {
  const before = acts;
  const query = chosen ? `?symbol=${encodeURIComponent(chosen)}` : "";
  const [state, clock, market, faults, accounts, found] = await Promise.all([
    ask("state"), ask("clock"), ask(`market${query}`), ask("faults"), ask("accounts"), ask("orders"),
  ]);
  if (before !== acts) {
    again = true;
    return;
  }
  orders = found.orders;
  showState(state, clock);
  showSymbols(market.symbols);
  if (market.symbol) showSymbol(market.symbol, market.symbols.find((line) => line.symbol === market.symbol.symbol));
  const plan = JSON.stringify(faults);
  if (plan !== shownPlan) {
    [armed, seed, shownPlan] = [faults.faults, faults.seed, plan];
    showFaults();
  }
  showAccounts(accounts.accounts);
  showOrders();
  $("footer").textContent = Object.values(state.addresses || {}).filter((it) => it.includes("://")).join("  ·  ");
  document.body.dataset.ready = "true";
  if (!chosen && market.symbols.length) {
    chosen = market.symbols[0].symbol;
    again = true;
  }
}

$("play").addEventListener("click", () => act(() => ask("play", {})));
$("clear").addEventListener("click", () => arm([]));
$("whose").addEventListener("change", showOrders);
$("only-open").addEventListener("change", showOrders);
$("forget").addEventListener("click", () => { put($("secret"), []); put($("api-key"), []); $("issued").hidden = true; });
for (const button of $("speeds").children) {
  button.addEventListener("click", () => act(() => ask("clock", { speed: Number(button.dataset.speed) })));
}
$("custom").addEventListener("submit", (event) => {
  event.preventDefault();
  try {
    arm([...armed, JSON.parse(event.target.elements.fault.value)]);
  } catch (error) {
    say(`This is no JSON: ${error.message}`);
  }
});
$("open").addEventListener("submit", async (event) => {
  event.preventDefault();
  const fields = event.target.elements;
  const body = { name: fields.name.value, key_type: fields.key_type.value, balances: readBalances(fields.balances.value) };
  const told = await act(() => ask("accounts", body));
  if (!told) return;
  fields.name.value = "";
  $("api-key").textContent = told.api_key;
  $("secret-name").textContent = told.api_secret ? "Secret" : "Private key";
  $("secret").textContent = told.api_secret || told.private_key;
  $("issued").hidden = false;
});

refresh();
setInterval(() => { if (!document.hidden) refresh(); }, 1000);
