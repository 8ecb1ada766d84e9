// The live predictor's dashboard. One way through: an answer or an event changes `state`, and what depends on
// it is drawn again. Names of symbols, classes and members are untrusted: they only ever become text nodes.

const POLL_MS = 10_000;
const ANSWER_MS = 15_000;
const OPEN_MS = 10_000;
const SILENCE_MS = 40_000; // the server sends a comment every 15 s: two may be late
const LONGEST_PAUSE_MS = 30_000;
const REDRAW_MS = 100; // a replay sends thousands of bars a second
const SUMMARY_EVERY = 6; // polls
const MOST_BARS = 2000;

const state = {
  symbol: null,
  limit: matchMedia('(max-width: 759px)').matches ? 100 : 300,
  status: null, monitoring: null, bars: null, regime: null, signal: null, summary: null,
  problems: {}, // what could not be fetched, and why
  stream: 'connecting', // connecting | live | lost
  freshAt: null, // when the server was last known to have told us everything
  clockOffset: 0, // server's clock less ours
  cpuShare: null,
  needsToken: false,
  changes: [], // newest changes of regime
  cursor: null, // open_time of the bar under the crosshair, which so stays on its bar when new ones come
  filter: '', active: null, allFeatures: false,
};

// ---------------------------------------------------------------- small helpers

const $ = (id) => document.getElementById(id);
const isNumber = (value) => typeof value === 'number' && Number.isFinite(value);
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const entries = (map) => Object.entries(map ?? {});
const now = () => Date.now() + state.clockOffset;

/** An element; children that are strings become text, never markup. */
function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of entries(attributes)) if (value !== null && value !== false) element.setAttribute(name, value);
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const note = (...text) => el('p', { class: 'note' }, ...text);
const empty = (...text) => el('p', { class: 'empty' }, ...text);
const fill = (id, ...children) => $(id).replaceChildren(...children.flat(2).filter(Boolean));
const setText = (element, text) => { if (element.textContent !== text) element.textContent = text; };

/** localStorage and sessionStorage may be forbidden; then nothing is remembered. */
const remembered = (store, key) => { try { return window[store].getItem(key); } catch { return null; } };
function remember(store, key, value) {
  try { if (value === null) window[store].removeItem(key); else window[store].setItem(key, value); } catch { /* not remembered */ }
}

// ---------------------------------------------------------------- words and numbers

const NONE = '–';
const words = (name) => String(name ?? NONE).replaceAll('_', ' ');
const decimals = (value, places) => isNumber(value)
  ? value.toLocaleString('en-US', { minimumFractionDigits: places, maximumFractionDigits: places }).replace('-', '−') : NONE;
const percent = (value, places = 1) => isNumber(value) ? `${decimals(100 * value, places)} %` : NONE;
const signed = (text) => (/^[−–]/.test(text) ? text : `+${text}`);
const count = (value) => decimals(value, 0);
const price = (value) => isNumber(value) ? decimals(value, value ? clamp(5 - Math.floor(Math.log10(Math.abs(value))), 0, 10) : 2) : NONE;
const plural = (n, one) => `${count(n)} ${one}${n === 1 ? '' : 's'}`;

function bytes(value) {
  if (!isNumber(value)) return NONE;
  return value < 2 ** 30 ? `${decimals(value / 2 ** 20, 0)} MiB` : `${decimals(value / 2 ** 30, 2)} GiB`;
}

function duration(ms) {
  if (!isNumber(ms)) return NONE;
  const s = Math.max(0, ms) / 1000;
  if (s < 100) return `${Math.round(s)} s`;
  if (s < 6000) return `${Math.round(s / 60)} min`;
  return s < 172_800 ? `${decimals(s / 3600, s < 36_000 ? 1 : 0)} h` : `${Math.round(s / 86_400)} days`;
}

const iso = (ms) => (isNumber(ms) ? new Date(ms).toISOString() : null);
const time = (ms) => iso(ms)?.slice(11, 19) ?? NONE;
const day = (ms) => iso(ms)?.slice(0, 10) ?? NONE;
/** Date only where it is not today's. */
const moment = (ms) => (day(ms) === day(now()) ? `${time(ms)} UTC` : `${day(ms)} ${time(ms).slice(0, 5)} UTC`);
/** A text that grows older by itself, each second. */
const ago = (ms) => el('span', { 'data-ago': isNumber(ms) ? ms : null }, isNumber(ms) ? `${duration(now() - ms)} ago` : 'never');

// ---------------------------------------------------------------- colours of classes

// Blue and orange, not green and red, stand for up and down; strong moves are the stronger shade. Each: [light, dark].
const SHADES = {
  up: { weak: ['#93c1ec', '#2f5f92'], mid: ['#4a90d9', '#4187cf'], strong: ['#1c5aa0', '#7db6f5'] },
  down: { weak: ['#f3bd95', '#8a4d2a'], mid: ['#e07b39', '#cf6f31'], strong: ['#a83c0c', '#f7a06b'] },
  flat: { weak: ['#c9cfd5', '#4a535c'], mid: ['#99a3ad', '#77828d'], strong: ['#5d6873', '#b3bdc7'] },
  size: { weak: ['#58b3a3', '#2b8577'], mid: ['#d9a92e', '#b98b1d'], strong: ['#7b3f98', '#c58ee3'] },
};
// For unknown names: Paul Tol's muted and light schemes, made to be told apart by the colour-blind.
const PALETTE = [
  ['#332288', '#77aadd'], ['#ddcc77', '#eedd88'], ['#117733', '#44bb99'], ['#cc6677', '#ee8866'], ['#88ccee', '#99ddff'],
  ['#882255', '#ffaabb'], ['#44aa99', '#bbcc33'], ['#999933', '#aaaa00'], ['#aa4499', '#c08be0'], ['#8c959f', '#b0b8c0'],
];
const TREND_OF = { bull: 'up', bullish: 'up', uptrend: 'up', bear: 'down', bearish: 'down', downtrend: 'down', sideways: 'flat', neutral: 'flat', flat: 'flat', range: 'flat', unknown: 'flat' };
const STRENGTH_OF = { low: 'weak', choppy: 'weak', unknown: 'weak', high: 'strong', strong: 'strong' };

function knownShade(name) {
  if (name === 'choppy') return SHADES.flat.mid;
  if (name === 'no_signals') return SHADES.flat.weak;
  const tokens = name.toLowerCase().split('_');
  if (!tokens.every((token) => token in TREND_OF || token in STRENGTH_OF || token === 'mid' || token === 'vol')) return null;
  const trend = tokens.map((token) => TREND_OF[token]).find(Boolean) ?? 'size';
  return SHADES[trend][tokens.map((token) => STRENGTH_OF[token]).find(Boolean) ?? 'mid'];
}

const isDark = () => getComputedStyle(document.documentElement).colorScheme === 'dark'
  || (document.documentElement.dataset.theme === undefined && matchMedia('(prefers-color-scheme: dark)').matches);

/** Class name → colour. Two names never share one: the second takes the next of the palette. */
function coloursOf(classes) {
  const shade = isDark() ? 1 : 0;
  const taken = new Map();
  let next = 0;
  for (const name of classes) {
    const known = knownShade(name)?.[shade];
    const free = known && ![...taken.values()].includes(known);
    taken.set(name, free ? known : PALETTE[next++ % PALETTE.length][shade]);
  }
  return taken;
}

const classes = () => state.bars?.classes ?? state.status?.model?.classes ?? Object.keys(state.regime?.probabilities ?? {});
const colourOf = (name) => coloursOf(classes()).get(name) ?? (isDark() ? '#77828d' : '#99a3ad');

/** Black or white, whichever can be read on the colour. */
function inkOn(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => (parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? '#000000' : '#ffffff';
}

function coloured(element, property, value) {
  element.style[property] = value; // from script: the content security policy forbids style attributes
  return element;
}
const swatch = (name) => coloured(el('span', { class: 'swatch', 'aria-hidden': 'true' }), 'background', colourOf(name));
const named = (name) => (name === null || name === undefined ? NONE : el('span', {}, swatch(name), words(name)));
const track = (share, colour) => {
  const inner = coloured(el('i'), 'width', `${100 * clamp(share || 0, 0, 1)}%`);
  return el('span', { class: 'track', 'aria-hidden': 'true' }, colour ? coloured(inner, 'background', colour) : inner);
};

// ---------------------------------------------------------------- asking the server

class Problem extends Error {
  constructor(status, code, message) { super(message); this.status = status; this.code = code; }
}

function headers() {
  const token = remembered('sessionStorage', 'token');
  return token ? { Authorization: `Bearer ${token}` } : {};
}

async function problemOf(response) {
  const error = (await response.json().catch(() => null))?.error;
  return new Problem(response.status, error?.code ?? '', error?.message ?? `the server answered ${response.status} ${response.statusText}`);
}

async function get(path) {
  const response = await fetch(path, { headers: headers(), cache: 'no-store', signal: AbortSignal.timeout(ANSWER_MS) });
  if (!response.ok) throw await problemOf(response);
  return response.json();
}

const turns = {};
/** Fetches one part of the state. Answers that a later question has overtaken are dropped. */
async function load(part, path) {
  const turn = turns[part] = (turns[part] ?? 0) + 1;
  const symbol = state.symbol;
  let answer = null;
  let problem = null;
  try { answer = await get(path); } catch (error) { problem = error; }
  if (turns[part] !== turn) return false;
  if (problem?.status === 401) askForToken();
  if (problem) {
    state.problems[part] = { status: problem.status, code: problem.code, message: problem.status ? problem.message : 'the server does not answer', at: now() };
    if (problem.status === 404 || problem.status === 425) state[part] = null; // there is none, rather than an old one
  } else {
    delete state.problems[part];
    accept[part]?.(answer, symbol);
    state[part] = answer;
  }
  changed(part);
  return !problem || problem.status === 404 || problem.status === 425;
}

/** What has to happen before an answer takes its place in the state. */
const accept = {
  status(answer) {
    const [before, after] = [state.status, answer];
    const seconds = before ? (after.now - before.now) / 1000 : 0;
    const used = after.resources?.cpu_seconds - before?.resources?.cpu_seconds;
    if (seconds > 1 && used >= 0) state.cpuShare = used / seconds;
    if (isNumber(after.now)) state.clockOffset = after.now - Date.now();
  },
  bars(answer, symbol) {
    // Events that came while the answer was on its way are newer than it.
    if (state.bars?.symbol !== symbol) return;
    const newest = answer.bars.at(-1)?.open_time ?? 0;
    answer.bars.push(...state.bars.bars.filter((bar) => bar.open_time > newest));
  },
};

const of = (symbol) => encodeURIComponent(symbol);
const loaders = {
  status: () => load('status', '/v1/status'),
  monitoring: () => load('monitoring', '/v1/monitoring'),
  bars: () => load('bars', `/v1/bars/${of(state.symbol)}?limit=${state.limit}`),
  regime: () => load('regime', `/v1/regime/${of(state.symbol)}`),
  signal: () => load('signal', `/v1/signals/${of(state.symbol)}`),
  summary: () => (state.status?.history?.enabled === false ? true : load('summary', `/v1/history/summary?symbol=${of(state.symbol)}&days=30`)),
};
const OF_SYMBOL = ['bars', 'regime', 'signal', 'summary'];

const loadSymbol = () => (state.symbol === null ? [] : OF_SYMBOL.map((part) => loaders[part]()));

async function refresh() {
  const answers = [loaders.monitoring(), await loaders.status()];
  chooseSymbol();
  const all = await Promise.all([...answers, ...loadSymbol()]);
  if (all.every(Boolean)) { state.freshAt = now(); changed('stream'); }
}

let polls = 0;
async function poll() {
  if (document.hidden || state.needsToken) return;
  polls += 1;
  await Promise.all([loaders.status(), loaders.monitoring()]);
  if (chooseSymbol()) { loadSymbol(); return; }
  if (state.symbol === null) return;
  for (const part of OF_SYMBOL) {
    if (state.problems[part] || (part === 'summary' && polls % SUMMARY_EVERY === 0)) loaders[part]();
  }
}

/** Keeps the chosen symbol if it still exists, else takes the one of the address, else the first. */
function chooseSymbol() {
  const known = (state.status?.symbols ?? []).map((row) => row.symbol);
  if (known.includes(state.symbol) || !known.length) return false;
  const asked = symbolOfAddress();
  show(known.includes(asked) ? asked : known[0]);
  return true;
}

function symbolOfAddress() {
  try { return decodeURIComponent(location.hash.slice(1)); } catch { return ''; }
}

function show(symbol) {
  Object.assign(state, { symbol, cursor: null, bars: null, regime: null, signal: null, summary: null });
  for (const part of OF_SYMBOL) delete state.problems[part];
  changed('symbol', ...OF_SYMBOL);
}

function selectSymbol(symbol) {
  if (symbol !== state.symbol) {
    history.replaceState(null, '', `#${of(symbol)}`);
    show(symbol);
    loadSymbol();
    announce(`Showing ${symbol}`);
  }
  openSymbols(false);
}

// ---------------------------------------------------------------- the live stream

let wake = () => {};
const pause = (ms) => new Promise((resolve) => { wake = resolve; setTimeout(resolve, ms); });

/** Follows the events for ever; after each break everything is fetched again, since events were missed. */
async function follow() {
  for (let failures = 0; ;) {
    if (state.needsToken) await new Promise((resolve) => { wake = resolve; });
    try {
      await readEvents(() => { failures = 0; setStream('live'); refresh(); });
    } catch (error) {
      if (error.status === 401) { askForToken(); continue; }
    }
    setStream('lost');
    refresh(); // the stream may be all that is broken
    failures += 1;
    await pause(Math.min(LONGEST_PAUSE_MS, 500 * 2 ** failures) * (0.75 + Math.random() / 2));
  }
}

function setStream(to) {
  if (state.stream === to) return;
  state.stream = to;
  changed('stream');
}

/** Reads by fetch(), not EventSource, which cannot send a token. */
async function readEvents(opened) {
  const abort = new AbortController();
  let watchdog = setTimeout(() => abort.abort(), OPEN_MS);
  try {
    const response = await fetch('/v1/events', { headers: { ...headers(), Accept: 'text/event-stream' }, cache: 'no-store', signal: abort.signal });
    if (!response.ok) throw await problemOf(response);
    opened();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parse = eventParser();
    for (;;) {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => abort.abort(), SILENCE_MS);
      const { done, value } = await reader.read();
      if (done) return;
      state.freshAt = now();
      parse(value);
    }
  } finally {
    clearTimeout(watchdog);
    abort.abort();
  }
}

function eventParser() {
  let rest = '';
  let name = 'message';
  let data = [];
  const line = (text) => {
    if (text === '') {
      if (data.length) receive(name, data.join('\n'));
      name = 'message';
      data = [];
    } else if (text.startsWith('event:')) name = text.slice(6).trim();
    else if (text.startsWith('data:')) data.push(text.slice(5).trimStart());
  };
  return (chunk) => {
    const lines = (rest + chunk).split(/\r?\n/);
    rest = lines.pop();
    lines.forEach(line);
  };
}

function receive(name, data) {
  let event;
  try { event = JSON.parse(data); } catch { return; }
  onEvent[name]?.(event);
}

const rowOf = (symbol) => state.status?.symbols?.find((row) => row.symbol === symbol);
const barAt = (closeTime) => state.bars?.bars.findLast((bar) => bar.close_time === closeTime);

const onEvent = {
  bar({ symbol, bar }) {
    const row = rowOf(symbol);
    if (row) {
      Object.assign(row, { last_close: bar.close, last_bar_closed_at: bar.close_time, staleness_ms: 0, seenAt: now() });
      changed('rows');
    } else if (state.status) loaders.status().then(() => { if (chooseSymbol()) loadSymbol(); });
    if (symbol === state.symbol && state.bars) { putBar(bar); changed('bars'); }
  },
  prediction(prediction) {
    const row = rowOf(prediction.symbol);
    if (row) {
      Object.assign(row, { predicted_regime: prediction.predicted_regime, confidence: prediction.confidence, fallback_level: prediction.fallback_level, warming_up: 0 });
      changed('rows');
    }
    if (prediction.symbol !== state.symbol) return;
    state.regime = prediction;
    delete state.problems.regime;
    changed('regime');
    loadSignalSoon();
  },
  outcome({ symbol, timestamp, outcome }) {
    const bar = symbol === state.symbol && barAt(timestamp);
    if (bar) { bar.outcome = outcome; changed('bars'); }
  },
  regime_change(change) {
    state.changes = [change, ...state.changes].slice(0, 6);
    changed('monitoring');
    if (change.symbol === state.symbol) announce(`${change.symbol} changes from ${words(change.old)} to ${words(change.new)}, confidence ${percent(change.confidence, 0)}`);
  },
  alert(alert) {
    if (!state.monitoring) return;
    state.monitoring.alerts = [alert, ...(state.monitoring.alerts ?? []).filter(({ id }) => id !== alert.id)];
    changed('monitoring');
    announce(`Alert ${alert.resolved_at === null ? '' : 'recovered '}${alert.severity}: ${alert.message}`);
  },
  model(model) {
    if (state.status) state.status.model = model;
    refresh(); // another model may have other classes
  },
  feed(feed) {
    if (state.status) state.status.feed = feed;
    changed('status');
  },
  lagged: () => refresh(),
};

function putBar(bar) {
  const bars = state.bars.bars;
  const at = bars.findLastIndex((known) => known.open_time <= bar.open_time);
  if (bars[at]?.open_time === bar.open_time) bars[at] = bar;
  else bars.splice(at + 1, 0, bar);
  bars.splice(0, bars.length - Math.min(state.limit, MOST_BARS));
}

let signalTimer = null;
function loadSignalSoon() {
  signalTimer ??= setTimeout(() => { signalTimer = null; loaders.signal(); }, 250);
}

// ---------------------------------------------------------------- drawing again what changed

const dirty = new Set();
let scheduled = false;
let drawnAt = 0;

/** Marks keys of the state as changed; what depends on them is drawn in one of the next frames. */
function changed(...keys) {
  keys.forEach((key) => dirty.add(key));
  if (scheduled) return;
  scheduled = true;
  const wait = dirty.has('cursor') ? 0 : Math.max(0, drawnAt + REDRAW_MS - performance.now());
  setTimeout(() => requestAnimationFrame(draw), wait);
}

function draw() {
  const keys = new Set(dirty);
  dirty.clear();
  scheduled = false;
  drawnAt = performance.now();
  for (const [render, ...needs] of views) if (keys.has('all') || needs.some((key) => keys.has(key))) render();
}

const problemLine = (part, what) => {
  const problem = state.problems[part];
  if (!problem || problem.status === 401) return null;
  return el('p', { class: 'problem' }, `${what} could not be fetched at ${moment(problem.at)}: ${problem.message}.`, state[part] ? ' What stands here is older.' : '');
};

const announce = (text) => setText($('announce'), text);

// ---------------------------------------------------------------- header and banners

const FEED = { live: 'good', connecting: 'warn', waiting: 'warn', down: 'bad', ended: 'idle', none: 'idle' };
const stateWord = (kind, ...text) => el('span', { class: `state ${kind}` }, ...text);

function renderHeader() {
  const { status, symbol, stream } = state;
  const model = status?.model;
  $('symbol-button').hidden = symbol === null;
  fill('symbol-button', symbol ?? '', el('span', { class: 'arrow', 'aria-hidden': 'true' }, (status?.symbols?.length ?? 0) > 1 ? ' ▾' : ''));
  setText($('model-line'), model ? [`${model.name}/${model.version}`, model.timeframe, words(model.taxonomy)].join(' · ') : '');
  const feed = status?.feed;
  fill('states',
    stateWord({ live: 'good', lost: 'bad', connecting: 'warn' }[stream], { live: 'page live', lost: 'page disconnected', connecting: 'page connecting' }[stream]), ' ',
    feed && stateWord(FEED[feed.state] ?? 'warn', `feed ${feed.kind} ${feed.state}`));
  document.body.classList.toggle('many', (status?.symbols?.length ?? 0) > 1);
  const says = state.regime ? ` ${words(state.regime.predicted_regime)} ${percent(state.regime.confidence, 0)}` : '';
  document.title = `${stream === 'lost' ? '⚠ ' : ''}${symbol ? `${symbol}${says} – ` : ''}live predictor`;
}

const banner = (kind, ...content) => el('div', { class: `banner ${kind}`, role: kind === 'bad' ? 'alert' : 'status' }, ...content);

function bannersWanted() {
  const { status, stream, problems, regime } = state;
  const wanted = [];
  const say = (key, kind, text, action) => wanted.push({ key: key + text, kind, text, action });
  if (stream === 'lost') {
    const since = state.freshAt ? `Showing data of ${moment(state.freshAt)}.` : 'Nothing has been received yet.';
    say('lost', 'bad', `Connection lost. ${since} Trying again by itself.`, 'Try now');
  }
  if (stream === 'live' && problems.status) say('status', 'warn', `The server’s status could not be read at ${moment(problems.status.at)}: ${problems.status.message}.`);
  const feed = status?.feed;
  if (feed?.state === 'down') say('feed', 'bad', `The market feed (${feed.kind}) is down since ${moment(feed.since)}${feed.detail ? `: ${feed.detail}` : ''}. No new bars arrive.`);
  const error = status?.model?.reload_error;
  if (error) say('reload', 'warn', `A newer model could not be loaded, the present one stays: ${error}`);
  if (regime?.fallback_level >= 3) say('fallback', 'bad', `${regime.symbol}: no model answers. ${FALLBACK[regime.fallback_level] ?? ''}`);
  return wanted;
}

let bannerKeys = '';
function renderBanners() {
  const wanted = bannersWanted();
  const keys = wanted.map(({ key }) => key).join('\n');
  if (keys === bannerKeys) return; // a screen reader would say it again
  bannerKeys = keys;
  fill('banners', wanted.map(({ kind, text, action }) => {
    const button = action && el('button', { type: 'button' }, action);
    button?.addEventListener('click', () => wake());
    return banner(kind, el('span', {}, text), button);
  }));
}

// ---------------------------------------------------------------- symbols

const isStale = (row) => staleness(row) > 2 * barLength();
const staleness = (row) => (isNumber(row?.staleness_ms) ? row.staleness_ms + (now() - (row.seenAt ?? state.status.now)) : 0);

function barLength() {
  const unit = { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 };
  const [, n, of] = /^(\d+)([smhdw])$/.exec(state.status?.model?.timeframe ?? '') ?? [];
  return n ? n * unit[of] : Infinity;
}

const options = new Map(); // symbol → its row, kept so that scrolling and focus survive

function renderSymbols() {
  const rows = state.status?.symbols ?? [];
  $('symbols').hidden = rows.length < 2;
  if (rows.length !== options.size || rows.some(({ symbol }) => !options.has(symbol))) buildOptions(rows);
  let shown = 0;
  for (const row of rows) {
    const { item, price: cost, says } = options.get(row.symbol);
    setText(cost, isNumber(row.last_close) ? price(row.last_close) : '');
    renderSays(says, row);
    item.hidden = !`${row.symbol} ${words(row.predicted_regime ?? '')}`.toLowerCase().includes(state.filter);
    item.setAttribute('aria-selected', String(row.symbol === state.symbol));
    item.classList.toggle('active', row.symbol === state.active);
    shown += item.hidden ? 0 : 1;
  }
  const active = options.get(state.active)?.item;
  if (active && !active.hidden) $('search').setAttribute('aria-activedescendant', active.id); else $('search').removeAttribute('aria-activedescendant');
  setText($('symbol-count'), state.filter ? `${shown} of ${plural(rows.length, 'symbol')}` : plural(rows.length, 'symbol'));
}

function buildOptions(rows) {
  options.clear();
  rows.forEach(({ symbol }, index) => {
    const parts = { price: el('span', { class: 'price' }), says: el('span', { class: 'says' }) };
    parts.item = el('li', { role: 'option', id: `option-${index}` }, el('span', { class: 'name', title: symbol }, symbol), parts.price, parts.says);
    parts.item.addEventListener('click', () => selectSymbol(symbol));
    options.set(symbol, parts);
  });
  fill('symbol-list', [...options.values()].map(({ item }) => item));
}

function renderSays(says, row) {
  const stale = isStale(row) && state.status.feed?.kind !== 'replay';
  const text = row.predicted_regime === null || row.predicted_regime === undefined
    ? (row.warming_up ? `warming up, ${plural(row.warming_up, 'bar')} missing` : 'no prediction yet')
    : `${words(row.predicted_regime)} ${percent(row.confidence, 0)}`;
  const more = [stale && `▲ stale ${duration(staleness(row))}`, row.fallback_level > 0 && `▲ fallback ${row.fallback_level}`].filter(Boolean).join(' ');
  const key = [text, more, isDark()].join('|');
  if (says.dataset.key === key) return;
  says.dataset.key = key;
  says.replaceChildren(...[row.predicted_regime && swatch(row.predicted_regime), text, more && el('span', { class: 'warn-text' }, ` ${more}`)].filter(Boolean));
}

function openSymbols(open) {
  const panel = $('symbols');
  const was = panel.classList.contains('open');
  panel.classList.toggle('open', open);
  $('symbol-button').setAttribute('aria-expanded', String(open));
  if (open) $('search').focus();
  else if (was) $('symbol-button').focus();
}

function onSearchKey(event) {
  const shown = [...options].filter(([, { item }]) => !item.hidden).map(([symbol]) => symbol);
  const at = shown.indexOf(state.active ?? state.symbol);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && shown.length) {
    state.active = shown[clamp(at + step, 0, shown.length - 1)];
    options.get(state.active).item.scrollIntoView({ block: 'nearest' });
  } else if (event.key === 'Enter' && shown.length) selectSymbol(shown.includes(state.active) ? state.active : shown[0]);
  else if (event.key === 'Escape') openSymbols(false);
  else return;
  event.preventDefault();
  changed('symbol');
}

// ---------------------------------------------------------------- newest prediction

const FALLBACK = [
  'All members answered.',
  'Some members are missing; the others share their weight.',
  'One member alone answers; nobody disagrees with it.',
  'No member answers. This is the last good answer, drawn towards how often each class occurs as it ages.',
  'No member answers and no good answer is left. This is only how often each class occurs: it knows nothing of this market now.',
];
const SOURCE = { model: 'model', last_good: 'last good answer', prior: 'class prior' };

function renderNow() {
  const { status, symbol, regime, problems } = state;
  const problem = problems.regime;
  if (symbol === null) return fill('now-body', status ? noSymbols() : empty(problems.status && !state.needsToken ? `Cannot reach the server: ${problems.status.message}.` : 'Asking the server …'));
  if (problem?.status === 425) return fill('now-body', warmingUp(problem));
  if (!regime) return fill('now-body', problemLine('regime', 'The prediction') ?? empty('Asking for the newest prediction …'));
  fill('now-body', problemLine('regime', 'The prediction'), verdict(regime),
    el('div', { class: 'now-columns' }, el('div', {}, probabilities(regime), predictionSet(regime)), el('div', {}, signal(), forecast(regime)), fallback(regime), details(regime)));
}

function noSymbols() {
  const { feed, model } = state.status;
  return [empty('No symbols yet.'), el('p', {}, feed?.state === 'none'
    ? 'The server has no feed: bars come in by POST /v1/predict only, and are not kept.'
    : `The feed (${feed?.kind ?? 'unknown'}) is ${feed?.state ?? 'unknown'}${feed?.detail ? `: ${feed.detail}` : ''}. The first bars appear here by themselves; a prediction needs ${plural(model?.required_bars, 'bar')}.`)];
}

function warmingUp(problem) {
  const missing = rowOf(state.symbol)?.warming_up;
  const needed = state.status?.model?.required_bars;
  const share = isNumber(missing) && needed ? 1 - missing / needed : null;
  return [el('p', {}, el('strong', {}, 'Warming up. '), problem.message), share !== null && [track(share), note(`${count(needed - missing)} of ${count(needed)} bars are there.`)]];
}

function verdict(p) {
  const row = rowOf(p.symbol);
  const replayed = state.status?.feed?.kind === 'replay';
  return el('div', {},
    el('div', { class: 'verdict' }, swatch(p.predicted_regime),
      el('div', { class: 'regime' }, words(p.predicted_regime), el('small', {}, `over the next ${plural(p.horizon, 'bar')}${horizonLength(p.horizon)}`)),
      el('div', { class: 'sure' }, percent(p.confidence, 0), el('small', {}, 'confidence'))),
    note(`Made at the bar that closed ${moment(p.timestamp)}`, replayed ? '.' : [', ', ago(p.timestamp), '.'],
      !replayed && isStale(row) ? el('strong', { class: 'warn-text' }, ` ▲ Stale: the next bar is overdue.`) : null));
}

const horizonLength = (bars) => (Number.isFinite(barLength()) && isNumber(bars) ? ` (${duration(bars * barLength())})` : '');

function probabilities(p) {
  const set = p.prediction_set;
  const rows = entries(p.probabilities).map(([name, value]) => el('tr', { class: name === p.predicted_regime ? 'best' : null },
    el('th', { scope: 'row' }, named(name)), el('td', { class: 'bar' }, track(value, colourOf(name))), el('td', {}, percent(value)),
    set && el('td', {}, set.includes(name) ? '✓ in set' : '')));
  return el('table', { class: 'part' }, el('caption', { class: 'unseen' }, 'Probability of each class'),
    el('thead', { class: 'unseen' }, el('tr', {}, ['Class', 'Share', 'Probability', set && 'In the prediction set'].filter(Boolean).map((head) => el('th', { scope: 'col' }, head)))),
    el('tbody', {}, rows));
}

function predictionSet(p) {
  const set = p.prediction_set;
  const body = !set ? 'The bundle carries no threshold for one.'
    : set.length === 1 ? `Decides: ${words(set[0])}.`
      : [el('strong', { class: 'warn-text' }, '▲ Abstains: '), `${p.abstained ?? `${set.length} classes are possible`}.`];
  return el('div', { class: 'part' }, el('h3', {}, 'Prediction set'), el('p', {}, body));
}

const SIGNAL = { long: '▲ long', short: '▼ short', neutral: '◆ neutral', exposure: '◐ exposure' };

function signal() {
  const s = state.signal;
  const head = el('h3', {}, 'Signal');
  if (!s) return el('div', { class: 'part' }, head, problemLine('signal', 'The signal') ?? empty('None yet.'));
  const size = s.signal === 'exposure' ? `${percent(s.position_size, 0)} of full exposure` : `position ${signed(percent(s.position_size, 0))}`;
  const behind = state.regime && s.timestamp < state.regime.timestamp && note(`Of the bar that closed ${moment(s.timestamp)}.`);
  return el('div', { class: 'part' }, head, problemLine('signal', 'The signal'),
    el('p', { class: 'signal' }, el('span', { class: 'tag' }, SIGNAL[s.signal] ?? words(s.signal)), el('strong', {}, size), el('span', {}, `strength ${decimals(s.strength, 2)}`)),
    note(s.reason ?? ''), behind);
}

function forecast(p) {
  const interval = p.forecast_interval;
  if (!interval || !isNumber(interval.low) || !isNumber(interval.high)) return null;
  const reach = Math.max(Math.abs(interval.low), Math.abs(interval.high)) * 1.15 || 1;
  const place = (value) => 50 + (50 * value) / reach;
  const inner = coloured(coloured(el('i'), 'left', `${place(interval.low)}%`), 'width', `${place(interval.high) - place(interval.low)}%`);
  const close = barAt(p.timestamp)?.close ?? rowOf(p.symbol)?.last_close;
  const end = (value) => el('span', {}, el('strong', {}, signed(percent(Math.exp(value) - 1, 2))), isNumber(close) ? ` ${price(close * Math.exp(value))}` : '');
  return el('div', { class: 'part' }, el('h3', {}, `Forecast of the price in ${plural(interval.horizon, 'bar')}, at ${percent(interval.coverage, 0)} coverage`),
    el('div', { class: 'range', 'aria-hidden': 'true' }, inner, coloured(el('b'), 'left', '50%')), el('div', { class: 'ends' }, end(interval.low), end(interval.high)));
}

function fallback(p) {
  const level = p.fallback_level ?? 0;
  const steps = [0, 1, 2, 3, 4].map((step) => el('i', { class: step === level ? `on l${step}` : null }));
  return el('div', { class: 'part' }, el('h3', {}, `Fallback level ${level} of 4`), el('div', { class: 'steps', 'aria-hidden': 'true' }, steps),
    el('p', {}, FALLBACK[level] ?? ''), p.fallback_reason && note(`Reason: ${p.fallback_reason}`));
}

const fact = (name, ...value) => [el('dt', {}, name), el('dd', {}, ...value)];
const facts = (pairs) => el('dl', { class: 'facts' }, pairs.filter(Boolean).map(([name, ...value]) => el('div', {}, fact(name, ...value))));

function details(p) {
  return el('div', { class: 'part' }, facts([
    ['Uncertainty (0 to 1)', decimals(p.uncertainty, 2)], ['Disagreement (nats)', decimals(p.disagreement, 3)], ['Quality score', decimals(p.quality_score, 2)],
    ['Source', SOURCE[p.source] ?? words(p.source)], ['Took', `${decimals(p.latency_ms, 1)} ms`], ['Model', p.model_version ?? NONE],
  ]));
}

// ---------------------------------------------------------------- members

const heads = (names) => el('thead', {}, el('tr', {}, names.map((name, index) => el('th', { scope: 'col', class: index === 0 ? 'text' : null }, name))));

function renderMembers() {
  const { regime: p, status } = state;
  const missing = { ...status?.model?.missing, ...p?.missing };
  const names = [...new Set([...(status?.model?.members ?? []), ...Object.keys(p?.members ?? {}), ...Object.keys(missing)])];
  if (!names.length) return fill('members-body', empty('The model names no members.'));
  const live = liveScores();
  const rolling = live?.rolling_weights;
  const columns = ['Member', 'Says', 'Probabilities', 'Weight', rolling && 'By results', 'Live accuracy', 'Log loss'].filter(Boolean);
  const rows = names.map((name) => memberRow(name, p, missing[name], live, rolling, columns.length));
  fill('members-body', el('table', {}, el('caption', {}, p ? `Who said what at ${moment(p.timestamp)}` : 'No prediction yet'), heads(columns), el('tbody', {}, rows)));
}

function memberRow(name, p, why, live, rolling, columns) {
  const said = p?.members?.[name];
  const head = el('th', { scope: 'row' }, words(name));
  if (!said && (why || p)) return el('tr', {}, head, el('td', { class: 'text', colspan: columns - 1 }, el('strong', { class: 'warn-text' }, '▲ missing '), why ?? 'it gave no answer'));
  const order = Object.keys(p?.probabilities ?? {});
  const top = said ? said.indexOf(Math.max(...said)) : -1;
  const scores = live?.members?.[name];
  return el('tr', {}, head, el('td', {}, said ? [named(order[top]), ` ${percent(said[top], 0)}`] : NONE),
    el('td', { class: 'bar' }, said ? stack(order, said) : null), el('td', {}, percent(p?.weights?.[name], 0)),
    rolling && el('td', {}, percent(rolling[name], 0)), el('td', {}, percent(scores?.accuracy)), el('td', {}, decimals(scores?.log_loss, 3)));
}

function stack(names, shares) {
  const parts = shares.map((share, index) => coloured(coloured(el('i'), 'width', `${100 * share}%`), 'background', colourOf(names[index])));
  return el('span', { class: 'stack', role: 'img', 'aria-label': names.map((name, index) => `${words(name)} ${percent(shares[index], 0)}`).join(', ') }, parts);
}

// ---------------------------------------------------------------- model and its record

const liveScores = () => (state.monitoring?.accuracy ?? []).find(({ symbol }) => symbol === state.symbol) ?? null;

function renderRecord() {
  const { model, challenger } = state.status ?? {};
  if (!model) return fill('record-body', problemLine('status', 'The model') ?? empty('No model is known yet.'));
  fill('record-body', problemLine('monitoring', 'Live scores'), scoreTable(model, challenger), judgement(model), modelFacts(model),
    challenger ? [el('h3', {}, 'Challenger, predicts beside it without being asked'), modelFacts(challenger), leaves(state.monitoring?.challenger)] : note('No challenger is running.'));
}

function scoreTable(model, challenger) {
  const live = liveScores();
  const row = (name, detail, scores, best) => el('tr', { class: best ? 'best' : null }, el('th', { scope: 'row' }, name, detail && el('span', { class: 'note' }, ` ${detail}`)),
    el('td', {}, percent(scores?.accuracy)), el('td', {}, decimals(scores?.log_loss, 3)), el('td', {}, decimals(scores?.brier, 3)), el('td', {}, percent(scores?.coverage, 0)));
  const baseline = ({ best_baseline: base }) => row('Best baseline', base ? words(base.name) : 'none in the bundle', base);
  return el('table', { class: 'loose' }, el('caption', {}, 'Scores; coverage: how often the prediction set held what came'), heads(['', 'Accuracy', 'Log loss', 'Brier', 'Coverage']), el('tbody', {},
    row('Live', live ? `last ${count(live.resolved)} resolved` : 'nothing resolved yet', live, true),
    row('Out of sample', '', { ...model.out_of_sample, coverage: live?.expected?.coverage }), baseline(model),
    challenger && [row('Challenger', 'out of sample', challenger.out_of_sample), baseline(challenger)]));
}

/** The comparison in words, so that no score stands alone. */
function judgement(model) {
  const base = model.best_baseline?.accuracy;
  const live = liveScores();
  if (!isNumber(base)) return note('Without a baseline these scores cannot be judged.');
  const against = (value) => {
    const points = 100 * (value - base);
    const kind = points > 0.05 ? 'good-text' : 'bad-text';
    return el('strong', { class: kind }, Math.abs(points) < 0.05 ? 'no better than' : `${decimals(Math.abs(points), 1)} points ${points > 0 ? 'above' : '▲ below'}`);
  };
  const parts = [];
  if (isNumber(live?.accuracy)) parts.push('Live accuracy is ', against(live.accuracy), ` the best baseline (${words(model.best_baseline.name)}, measured out of sample, not on the live bars)`, isNumber(live.upper) ? `; chance alone could lift it to ${percent(live.upper)}. ` : '. ');
  if (isNumber(model.out_of_sample?.accuracy)) parts.push('Out of sample the model was ', against(model.out_of_sample.accuracy), ' it.');
  return el('p', { class: 'note' }, parts);
}

function modelFacts(model) {
  return facts([
    ['Model', `${model.name}/${model.version}`], ['Content hash', el('code', { title: model.content_hash }, String(model.content_hash ?? NONE).slice(0, 12))], ['Fitted on', words(model.fitted_on)],
    ['Taxonomy', words(model.taxonomy)], ['Timeframe', model.timeframe ?? NONE], ['Horizon', plural(model.horizon, 'bar')], ['Needs', plural(model.required_bars, 'bar')], ['Loaded', moment(model.loaded_at)],
  ]);
}

/** Numbers of an object whose form is open: each leaf by its path. */
function leaves(object) {
  const found = [];
  const walk = (value, path) => {
    if (value !== null && typeof value === 'object') Object.entries(value).forEach(([key, inner]) => walk(inner, [...path, key]));
    else if (value !== null && found.length < 16) found.push([words(path.join(' ')), isNumber(value) ? decimals(value, Number.isInteger(value) ? 0 : 3) : String(value)]);
  };
  walk(object ?? {}, []);
  return found.length ? facts(found) : null;
}

// ---------------------------------------------------------------- history

function renderHistory() {
  const { summary, status } = state;
  const canvas = $('days');
  const days = (summary?.days ?? []).filter(({ accuracy }) => isNumber(accuracy));
  canvas.hidden = days.length === 0;
  fill('history-tables');
  if (status?.history?.enabled === false) return fill('history-note', 'History is off: the server keeps no predictions, so nothing can be said about past days.');
  if (!summary) return fill('history-note', problemLine('summary', 'The history')?.textContent ?? 'Nothing yet.');
  const { total } = summary;
  fill('history-note', days.length === 0 ? `No prediction is ${state.status?.model?.horizon ?? 'its horizon of'} bars old yet: nothing has been resolved.`
    : [el('strong', {}, percent(total.accuracy)), ` of ${count(total.resolved)} resolved predictions were right; log loss ${decimals(total.log_loss, 3)}, sets held ${percent(total.covered, 0)}. Best baseline, out of sample: ${percent(status?.model?.best_baseline?.accuracy)}.`]);
  if (days.length) { drawDays(days); fill('history-tables', dayTable(summary.days), confusion(summary.confusion)); }
}

function dayTable(days) {
  const rows = days.toReversed().map((d) => el('tr', {}, el('th', { scope: 'row' }, d.day), el('td', {}, count(d.resolved)), el('td', {}, percent(d.accuracy)), el('td', {}, decimals(d.log_loss, 3)), el('td', {}, percent(d.covered, 0))));
  const open = $('history-tables').dataset.open === 'yes';
  const box = el('details', { open: open ? '' : null }, el('summary', {}, 'Days as a table'), el('div', { class: 'scroll' }, el('table', {}, el('caption', { class: 'unseen' }, 'Accuracy per day'), heads(['Day (UTC)', 'Resolved', 'Accuracy', 'Log loss', 'Sets held']), el('tbody', {}, rows))));
  box.addEventListener('toggle', () => { $('history-tables').dataset.open = box.open ? 'yes' : ''; });
  return box;
}

function confusion(matrix) {
  const names = matrix?.classes ?? [];
  if (!names.length) return null;
  const short = names.length > 3;
  const head = (name, index) => el('th', { scope: 'col', title: words(name) }, swatch(name), short ? String(index + 1) : words(name));
  const rows = matrix.counts.map((line, came) => {
    const sum = line.reduce((a, b) => a + b, 0);
    const cells = line.map((n, said) => {
      const share = sum ? n / sum : 0;
      const cell = el('td', { class: came === said ? 'right' : null, title: `${words(names[came])} came, ${words(names[said])} was predicted: ${count(n)}` }, sum ? `${Math.round(100 * share)} %` : NONE);
      return coloured(cell, 'background', `color-mix(in srgb, var(--accent) ${Math.round(45 * share)}%, var(--paper))`);
    });
    return el('tr', {}, el('th', { scope: 'row' }, swatch(names[came]), short ? `${came + 1} ` : '', words(names[came])), cells, el('td', {}, count(sum)));
  });
  return el('div', {}, el('h3', {}, 'What came and what was predicted'), el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Confusion matrix' },
    el('table', { class: 'confusion' }, el('caption', {}, 'Rows: what came. Columns: what was predicted. Shares of a row; outlined: right.'),
      el('thead', {}, el('tr', {}, el('th', { scope: 'col', class: 'text' }, 'came ↓ predicted →'), names.map(head), el('th', { scope: 'col' }, 'count'))), el('tbody', {}, rows))));
}

// ---------------------------------------------------------------- drift

function renderDrift() {
  const drift = (state.monitoring?.drift ?? []).find(({ symbol }) => symbol === state.symbol);
  if (!drift) return fill('drift-body', problemLine('monitoring', 'Drift') ?? empty(state.monitoring ? 'Nothing is measured for this symbol yet.' : 'Nothing yet.'));
  const features = drift.features ?? [];
  const shown = state.allFeatures ? features : features.slice(0, 10);
  const more = features.length > 10 && el('button', { type: 'button', id: 'more-features' }, state.allFeatures ? 'Show the 10 highest only' : `Show all ${features.length} features`);
  const focused = document.activeElement?.id === 'more-features';
  if (more) more.addEventListener('click', () => { state.allFeatures = !state.allFeatures; changed('monitoring'); });
  fill('drift-body', problemLine('monitoring', 'Drift'), driftVerdict(drift), shown.length > 0 && driftTable(drift, shown), more);
  if (focused) $('more-features')?.focus();
}

function driftVerdict(drift) {
  const window = `${count(drift.bars)} of ${plural(drift.window_bars, 'bar')} in the window.`;
  if (!isNumber(drift.score)) return el('p', { class: 'note' }, drift.bars < drift.window_bars ? `The window is filling: ${window}` : `No score: the bundle carries no reference to compare with. ${window}`);
  const over = drift.drifted;
  return el('div', {}, el('p', {}, stateWord(over ? 'bad' : 'good', over ? 'Drifted' : 'No drift'), ` Score ${decimals(drift.score, 3)} against a threshold of ${decimals(drift.threshold, 3)}. ${window}`), scoreRange(drift.score, drift.threshold));
}

function scoreRange(score, threshold) {
  if (!isNumber(threshold)) return null;
  const reach = Math.max(score, threshold) * 1.25 || 1;
  const inner = coloured(coloured(el('i'), 'left', '0'), 'width', `${100 * clamp(score / reach, 0, 1)}%`);
  if (score > threshold) inner.style.background = 'var(--bad)';
  return el('div', { class: 'range', 'aria-hidden': 'true' }, inner, coloured(el('b'), 'left', `${100 * threshold / reach}%`));
}

function driftTable(drift, features) {
  const flag = (is) => (is ? el('strong', { class: 'bad-text' }, '■ drifted') : 'no');
  const row = (name, f) => el('tr', { class: f.drifted ? 'flagged' : null }, el('th', { scope: 'row' }, name), el('td', {}, decimals(f.psi, 3)), el('td', {}, decimals(f.ks, 3)), el('td', {}, decimals(f.threshold, 3)), el('td', {}, flag(f.drifted)));
  return el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Drift per feature' }, el('table', { class: 'loose' },
    el('caption', {}, 'Distance from training, highest PSI first'), heads(['Feature', 'PSI', 'KS', 'Threshold', 'Flagged']),
    el('tbody', {}, drift.predictions && row('(predictions)', drift.predictions), features.map((f) => row(f.name, f)))));
}

// ---------------------------------------------------------------- alerts

const SEVERITY = { critical: '■ critical', high: '■ high', medium: '▲ medium', low: '● low' };
const RANK = ['critical', 'high', 'medium', 'low'];
const MOST_RECOVERED = 5;

function renderAlerts() {
  const alerts = state.monitoring?.alerts ?? [];
  const active = alerts.filter(({ resolved_at: at }) => at === null || at === undefined).sort((a, b) => RANK.indexOf(a.severity) - RANK.indexOf(b.severity) || b.last_seen - a.last_seen);
  const recovered = alerts.filter((alert) => !active.includes(alert)).sort((a, b) => b.resolved_at - a.resolved_at);
  setText($('alerts-head'), active.length ? `Alerts (${active.length} active)` : 'Alerts');
  const left = recovered.length - MOST_RECOVERED;
  fill('alerts-body', problemLine('monitoring', 'Alerts'), state.monitoring && !active.length && el('p', {}, stateWord('good', 'Nothing is wrong now.')),
    el('ul', {}, [...active, ...recovered.slice(0, MOST_RECOVERED)].map(alertItem)), left > 0 && note(`and ${left} more that recovered`),
    state.changes.length > 0 && [el('h3', {}, 'Changes of regime since this page opened'), el('ul', {}, state.changes.map(changeItem))]);
}

function alertItem(alert) {
  const over = isNumber(alert.resolved_at);
  return el('li', { class: `alert ${RANK.includes(alert.severity) ? alert.severity : ''}${over ? ' recovered' : ''}` },
    el('strong', {}, over ? `✓ recovered (${words(alert.severity)})` : SEVERITY[alert.severity] ?? words(alert.severity)), ` ${words(alert.rule)}${alert.symbol ? `, ${alert.symbol}` : ''}`,
    el('p', {}, alert.message), note(`since ${moment(alert.since)}`, over ? `, over at ${moment(alert.resolved_at)}` : [', last seen ', ago(alert.last_seen)], alert.count > 1 ? `, ${count(alert.count)} times` : ''));
}

const changeItem = (change) => el('li', { class: 'note' }, `${moment(change.timestamp)} ${change.symbol}: `, named(change.old), ' → ', named(change.new), ` ${percent(change.confidence, 0)}`);

// ---------------------------------------------------------------- health

function renderHealth() {
  const { status, monitoring } = state;
  if (!status) return fill('health-body', problemLine('status', 'Health') ?? empty('Nothing yet.'));
  const { feed, history: kept, resources: used, symbols } = status;
  const row = rowOf(state.symbol);
  const stale = row && isStale(row) && feed?.kind !== 'replay';
  fill('health-body', problemLine('status', 'Health'), facts([
    ['Feed', stateWord(FEED[feed?.state] ?? 'warn', `${feed?.kind ?? NONE} ${feed?.state ?? ''}`)], ['Since', moment(feed?.since)], ['Last message', ago(feed?.last_message_at)],
    ['Reconnects', count(feed?.reconnects)], ['Gaps filled', count(feed?.gaps_filled)], ['Newest bar', row ? [stale && el('strong', { class: 'warn-text' }, '▲ stale '), moment(row.last_bar_closed_at)] : NONE],
    ['Memory', bytes(used?.memory_bytes)], ['CPU', `${percent(state.cpuShare)} now`, el('br'), `${decimals(used?.cpu_seconds, 1)} s in all`], ['Latency', `p50 ${decimals(used?.latency_ms?.p50, 1)} ms`, el('br'), `p99 ${decimals(used?.latency_ms?.p99, 1)} ms`],
    ['Requests', count(used?.requests)], ['Predictions', count(used?.predictions)], ['Up for', duration(status.now - status.started_at)],
    ['History', kept?.enabled ? `${count(kept.predictions)} kept, ${count(kept.resolved)} resolved` : 'off'], ['Symbols', count(symbols?.length)], ['Program', status.program_version ?? NONE],
  ]), feed?.detail && note(feed.detail), kept?.error && el('p', { class: 'problem' }, `History: ${kept.error}`), row && ingest(row),
  note(`Status of ${moment(status.now)}${monitoring ? '' : '; monitoring has not answered yet'}.`));
}

function ingest(row) {
  const pairs = entries(row.ingest);
  return el('div', { class: 'part' }, el('h3', {}, `Bars of ${row.symbol}: ${count(row.bars)} held`),
    facts(pairs.map(([name, n]) => [words(name), n > 0 && ['invalid', 'holes', 'out_of_order'].includes(name) ? el('strong', { class: 'warn-text' }, `▲ ${count(n)}`) : count(n)])));
}

// ---------------------------------------------------------------- chart

const GUTTER = 66; // the price axis and the names of the lanes
const AXIS = 18;
const FUTURE = 46; // room for the forecast interval

/** A context in CSS pixels on a canvas of device pixels. */
function surface(canvas, height) {
  const width = Math.max(1, canvas.parentElement.clientWidth);
  const ratio = devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; canvas.style.height = `${height}px`; }
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = '11px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
  context.textBaseline = 'middle';
  return { context, width, height };
}

/** What the style sheet's variables are now; a canvas cannot read light-dark(). */
function inks() {
  const style = getComputedStyle($('ink-probe'));
  const read = (name) => { $('ink-probe').style.color = `var(--${name})`; return style.color; };
  return Object.fromEntries(['paper', 'wash', 'line', 'edge', 'muted', 'ink', 'accent', 'bad', 'warn'].map((name) => [name, read(name)]));
}

/** Places of everything in the chart; also what the pointer is looked up in. */
let plot = null;

function layout(width) {
  const narrow = width < 520;
  const priceHeight = narrow ? 210 : 300;
  const bottom = 4 + priceHeight;
  const lane = (at, height) => ({ top: bottom + at, height });
  const probability = { top: bottom + 62, height: narrow ? 100 : 130 };
  return { price: { top: 4, height: priceHeight }, predicted: lane(8, 14), came: lane(24, 14), missed: lane(40, 6), unsure: lane(49, 6), probability,
    axis: probability.top + probability.height, height: probability.top + probability.height + AXIS };
}

function renderChart() {
  const bars = state.bars?.bars ?? [];
  const places = layout($('plot').clientWidth);
  const { context, width } = surface($('canvas'), places.height);
  $('plot-empty').hidden = bars.length > 0;
  setText($('plot-empty'), chartEmptyText());
  renderLegend();
  if (!bars.length) { plot = null; fill('readout'); setText($('chart-summary'), 'No bars.'); return; }
  const interval = state.regime?.timestamp === bars.at(-1).close_time ? state.regime.forecast_interval : null;
  const right = width - GUTTER - (interval ? FUTURE : 6);
  plot = { ...places, context, width, bars, interval, right, step: right / Math.max(bars.length, 20), ink: inks(), names: state.bars.classes, colours: coloursOf(state.bars.classes) };
  plot.x = (index) => (index + 0.5) * plot.step;
  scalePrices(plot);
  for (const part of [drawTint, drawPriceAxis, drawForecast, drawCandles, drawLanes, drawProbabilities, drawTimes, drawCrosshair]) part(plot);
  renderReadout();
  setText($('chart-summary'), chartSummary(bars));
}

function chartEmptyText() {
  const problem = state.problems.bars;
  if (problem) return `Bars could not be fetched: ${problem.message}.`;
  return state.symbol === null ? 'Bars appear here with the first symbol.' : state.bars ? 'No bars yet.' : 'Asking for bars …';
}

function renderLegend() {
  const key = JSON.stringify([classes(), isDark()]);
  if ($('legend').dataset.key === key) return;
  $('legend').dataset.key = key;
  fill('legend', classes().map((name) => el('li', {}, named(name))));
}

function scalePrices(p) {
  let low = Infinity;
  let high = -Infinity;
  for (const bar of p.bars) { low = Math.min(low, bar.low); high = Math.max(high, bar.high); }
  const close = p.bars.at(-1).close;
  if (p.interval) { low = Math.min(low, close * Math.exp(p.interval.low)); high = Math.max(high, close * Math.exp(p.interval.high)); }
  const margin = (high - low) * 0.05 || Math.abs(high) * 0.01 || 1;
  Object.assign(p, { low: low - margin, high: high + margin });
  p.y = (value) => p.price.top + p.price.height * (1 - (value - p.low) / (p.high - p.low));
}

/** Calls back for each stretch of bars with the same key. */
function runs(bars, keyOf, each) {
  for (let from = 0; from < bars.length;) {
    const key = keyOf(bars[from]);
    let to = from + 1;
    while (to < bars.length && keyOf(bars[to]) === key) to += 1;
    if (key !== null && key !== undefined && key !== false) each(key, from, to);
    from = to;
  }
}

/** Diagonal lines: what a fallback answered is not what the model said. */
function hatch(context, colour) {
  const tile = document.createElement('canvas');
  tile.width = tile.height = 6;
  const lines = tile.getContext('2d');
  lines.strokeStyle = colour;
  lines.lineWidth = 1.4;
  lines.beginPath();
  for (const shift of [-6, 0, 6]) { lines.moveTo(shift, 6); lines.lineTo(shift + 6, 0); }
  lines.stroke();
  return context.createPattern(tile, 'repeat');
}

function drawTint(p) {
  const { context: c, price: pane } = p;
  runs(p.bars, (bar) => bar.regime, (name, from, to) => {
    c.globalAlpha = 0.16;
    c.fillStyle = p.colours.get(name) ?? p.ink.muted;
    c.fillRect(from * p.step, pane.top, (to - from) * p.step, pane.height);
  });
  c.globalAlpha = 0.28;
  const lines = hatch(c, p.ink.muted);
  runs(p.bars, (bar) => bar.fallback_level || null, (level, from, to) => {
    c.fillStyle = lines;
    c.fillRect(from * p.step, pane.top, (to - from) * p.step, pane.height);
  });
  c.globalAlpha = 1;
  c.textAlign = 'left';
  runs(p.bars, (bar) => bar.fallback_level || null, (level, from, to) => {
    const text = (to - from) * p.step > 64 ? `fallback ${level}` : (to - from) * p.step > 18 ? `F${level}` : '';
    haloed(p, text, from * p.step + 3, pane.top + 9, p.ink.ink);
  });
}

function haloed({ context: c, ink }, text, x, y, colour) {
  c.lineWidth = 3;
  c.lineJoin = 'round';
  c.strokeStyle = ink.paper;
  c.strokeText(text, x, y);
  c.fillStyle = colour;
  c.fillText(text, x, y);
}

function hairline({ context: c }, x1, y1, x2, y2, colour, dash = []) {
  c.strokeStyle = colour;
  c.lineWidth = 1;
  c.setLineDash(dash);
  c.beginPath();
  c.moveTo(x1, y1);
  c.lineTo(x2, y2);
  c.stroke();
  c.setLineDash([]);
}

function niceStep(span, most) {
  const raw = span / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw);
}

function drawPriceAxis(p) {
  const { context: c, ink } = p;
  const step = niceStep(p.high - p.low, p.price.height / 45);
  const places = clamp(Math.ceil(-Math.log10(step)) + (String(step).includes('25') ? 1 : 0), 0, 10);
  const edge = p.width - GUTTER;
  const last = p.bars.at(-1).close;
  c.textAlign = 'left';
  for (let value = Math.ceil(p.low / step) * step; value < p.high; value += step) {
    const y = Math.round(p.y(value)) + 0.5;
    hairline(p, 0, y, edge, y, ink.line);
    c.fillStyle = ink.muted;
    if (Math.abs(y - p.y(last)) > 14) c.fillText(decimals(value, places), edge + 6, y);
  }
  hairline(p, 0, p.y(last), edge, p.y(last), ink.edge, [2, 3]);
  c.fillStyle = ink.ink;
  c.fillRect(edge + 2, p.y(last) - 8, GUTTER - 2, 16);
  c.fillStyle = ink.paper;
  c.fillText(price(last), edge + 6, p.y(last), GUTTER - 8);
}

/** A wedge from the newest close to where the price should lie. */
function drawForecast(p) {
  if (!p.interval) return;
  const { context: c, ink, interval } = p;
  const last = p.bars.at(-1).close;
  const [from, to] = [p.x(p.bars.length - 1), p.x(p.bars.length - 1) + FUTURE - 4];
  const [top, bottom] = [p.y(last * Math.exp(interval.high)), p.y(last * Math.exp(interval.low))];
  c.beginPath();
  c.moveTo(from, p.y(last));
  c.lineTo(to, top);
  c.lineTo(to, bottom);
  c.closePath();
  c.fillStyle = ink.accent;
  c.globalAlpha = 0.22;
  c.fill();
  c.globalAlpha = 1;
  hairline(p, to, top, to, bottom, ink.accent);
  c.textAlign = 'right';
  haloed(p, `+${interval.horizon}`, to + 2, clamp(top - 8, p.price.top + 8, p.price.top + p.price.height), ink.accent);
}

function drawCandles(p) {
  const { context: c, ink } = p;
  const body = Math.max(1, Math.min(14, Math.floor(p.step * 0.7)));
  c.lineWidth = 1;
  p.bars.forEach((bar, index) => {
    const x = Math.round(p.x(index));
    const up = bar.close >= bar.open;
    const [top, bottom] = [p.y(Math.max(bar.open, bar.close)), p.y(Math.min(bar.open, bar.close))];
    const height = Math.max(1, bottom - top);
    c.fillStyle = body < 4 && up ? ink.muted : ink.ink;
    c.fillRect(x, p.y(bar.high), 1, Math.max(1, p.y(bar.low) - p.y(bar.high)));
    const left = x - Math.floor(body / 2);
    c.fillRect(left, top, body, height);
    if (up && body >= 4 && height > 2) { c.fillStyle = ink.paper; c.fillRect(left + 1, top + 1, body - 2, height - 2); } // hollow: up
    if (index && bar.open_time - p.bars[index - 1].close_time > (bar.close_time - bar.open_time) / 2) hairline(p, index * p.step, p.price.top, index * p.step, p.price.top + p.price.height, ink.warn, [1, 3]);
  });
}

function drawLanes(p) {
  lane(p, p.predicted, 'predicted', (bar) => bar.regime);
  lane(p, p.came, 'came', (bar) => bar.outcome);
  const lines = hatch(p.context, p.ink.paper);
  runs(p.bars, (bar) => bar.fallback_level || null, (level, from, to) => {
    p.context.fillStyle = lines;
    p.context.fillRect(from * p.step, p.predicted.top, (to - from) * p.step, p.predicted.height);
  });
  ticks(p, p.missed, 'wrong', p.ink.bad, (bar) => bar.outcome && bar.regime && bar.outcome !== bar.regime);
  ticks(p, p.unsure, 'abstained', p.ink.muted, (bar) => bar.prediction_set && bar.prediction_set.length !== 1);
}

function laneName(p, place, name) {
  p.context.textAlign = 'left';
  p.context.fillStyle = p.ink.muted;
  p.context.fillText(name, p.width - GUTTER + 6, place.top + place.height / 2, GUTTER - 6);
}

function lane(p, place, name, keyOf) {
  const { context: c } = p;
  c.fillStyle = p.ink.wash;
  c.fillRect(0, place.top, p.bars.length * p.step, place.height);
  runs(p.bars, keyOf, (key, from, to) => {
    const [x, width] = [from * p.step, (to - from) * p.step];
    const colour = p.colours.get(key);
    c.fillStyle = colour ?? p.ink.muted;
    c.fillRect(x, place.top, Math.max(width - (width > 4 ? 1 : 0), 0.5), place.height);
    const text = words(key);
    if (c.measureText(text).width + 8 > width) return;
    c.textAlign = 'left';
    c.fillStyle = inkOn(colour ?? '#999999');
    c.fillText(text, x + 4, place.top + place.height / 2 + 0.5);
  });
  laneName(p, place, name);
}

function ticks(p, place, name, colour, is) {
  hairline(p, 0, place.top + place.height - 0.5, p.bars.length * p.step, place.top + place.height - 0.5, p.ink.line);
  p.context.fillStyle = colour;
  p.bars.forEach((bar, index) => { if (is(bar)) p.context.fillRect(index * p.step, place.top, Math.max(1, p.step - 0.5), place.height); });
  laneName(p, place, name);
}

function drawProbabilities(p) {
  const { context: c, probability: pane, names } = p;
  const y = (share) => pane.top + pane.height * (1 - share);
  c.fillStyle = p.ink.wash;
  c.fillRect(0, pane.top, p.bars.length * p.step, pane.height);
  const sums = p.bars.map(({ probabilities: said }) => (said?.length === names.length ? said.map((sum => (value) => (sum += value))(0)) : null));
  names.forEach((name, k) => runs(sums, (sum) => sum !== null, (is, from, to) => {
    c.beginPath();
    for (let i = from; i < to; i += 1) { c.lineTo(i * p.step, y(sums[i][k])); c.lineTo((i + 1) * p.step, y(sums[i][k])); }
    for (let i = to - 1; i >= from; i -= 1) { const under = y(k ? sums[i][k - 1] : 0); c.lineTo((i + 1) * p.step, under); c.lineTo(i * p.step, under); }
    c.closePath();
    c.fillStyle = p.colours.get(name);
    c.fill();
  }));
  names.forEach((name, k) => nameBand(p, sums, name, k, y));
  c.textAlign = 'left';
  for (const share of [0, 0.5, 1]) {
    if (share === 0.5) hairline(p, 0, y(share), p.bars.length * p.step, y(share), p.ink.paper, [2, 4]);
    c.fillStyle = p.ink.muted;
    c.fillText(`${100 * share} %`, p.width - GUTTER + 6, clamp(y(share), pane.top + 6, pane.top + pane.height - 6));
  }
}

/** Writes a class's name where its band is widest, if it has room. */
function nameBand(p, sums, name, k, y) {
  const { context: c } = p;
  const text = words(name);
  const half = c.measureText(text).width / 2 + 4;
  const reach = Math.ceil(half / p.step);
  let best = { room: 14 };
  for (let i = reach; i < sums.length - reach; i += Math.max(1, reach >> 1)) {
    const near = sums.slice(i - reach, i + reach + 1);
    if (near.includes(null)) continue;
    const top = Math.min(...near.map((sum) => sum[k]));
    const under = k ? Math.max(...near.map((sum) => sum[k - 1])) : 0;
    const room = y(under) - y(top);
    if (room > best.room) best = { room, i, at: (y(under) + y(top)) / 2 };
  }
  if (best.i === undefined) return;
  c.textAlign = 'center';
  c.fillStyle = inkOn(p.colours.get(name));
  c.fillText(text, p.x(best.i), best.at);
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440, 2880, 10_080, 43_200, 131_400, 525_600].map((minutes) => minutes * 60_000);

function drawTimes(p) {
  const { context: c } = p;
  const length = p.bars.at(-1).close_time - p.bars.at(-1).open_time || 60_000;
  const step = STEPS.find((ms) => (ms / length) * p.step >= 70) ?? STEPS.at(-1);
  const month = step >= STEPS[14];
  let free = 0;
  p.bars.forEach((bar, index) => {
    const before = p.bars[index - 1]?.open_time ?? bar.open_time - 1;
    if (Math.floor(bar.open_time / step) === Math.floor(before / step)) return;
    const x = index * p.step;
    hairline(p, x + 0.5, p.axis, x + 0.5, p.axis + 4, p.ink.edge);
    const newDay = index > 0 && day(bar.open_time) !== day(before);
    const date = new Date(bar.open_time).toLocaleDateString('en-GB', { day: month ? undefined : 'numeric', month: 'short', year: month ? 'numeric' : undefined, timeZone: 'UTC' });
    const text = newDay || step >= STEPS[11] ? date : time(bar.open_time).slice(0, 5);
    const width = c.measureText(text).width;
    if (x < free || x + width > p.right + 8) return;
    c.textAlign = 'left';
    c.fillStyle = newDay ? p.ink.ink : p.ink.muted;
    c.fillText(text, x, p.axis + 11);
    free = x + width + 10;
  });
  c.textAlign = 'left';
  c.fillStyle = p.ink.muted;
  c.fillText('UTC', p.width - GUTTER + 6, p.axis + 11);
}

const cursorIndex = () => (plot && state.cursor !== null ? plot.bars.findIndex((bar) => bar.open_time === state.cursor) : -1);

function drawCrosshair(p) {
  const index = cursorIndex();
  if (index < 0) return;
  const { ink } = p;
  const x = Math.round(p.x(index)) + 0.5;
  hairline(p, x, p.price.top, x, p.axis, ink.ink, [3, 3]);
  const y = Math.round(p.y(p.bars[index].close)) + 0.5;
  hairline(p, 0, y, p.width - GUTTER, y, ink.ink, [3, 3]);
  p.context.textAlign = 'left';
  haloed(p, price(p.bars[index].close), p.width - GUTTER + 6, y, ink.ink);
}

/** One bar in words, for the line above the chart and for screen readers. */
function barWords(bar) {
  const set = bar.prediction_set;
  const said = isNumber(bar.confidence) ? `${words(bar.regime)} ${percent(bar.confidence, 0)}` : 'nothing';
  const came = !bar.regime ? null : bar.outcome === null || bar.outcome === undefined ? 'not known yet' : `${words(bar.outcome)}, ${bar.outcome === bar.regime ? 'right' : 'wrong'}`;
  return [
    ['', `${day(bar.open_time)} ${time(bar.open_time).slice(0, 5)} to ${time(bar.close_time).slice(0, 5)} UTC`],
    ['open', price(bar.open)], ['high', price(bar.high)], ['low', price(bar.low)], ['close', price(bar.close)], ['volume', decimals(bar.volume, bar.volume < 100 ? 2 : 0)],
    ['predicted', said], came && ['came', came], set && set.length !== 1 && ['abstained', set.length ? set.map(words).join(' or ') : 'no class likely enough'],
    bar.fallback_level > 0 && ['fallback level', String(bar.fallback_level)],
  ].filter(Boolean);
}

function renderReadout() {
  const index = cursorIndex();
  const bar = plot.bars[index < 0 ? plot.bars.length - 1 : index];
  fill('readout', barWords(bar).map(([name, value]) => el('span', {}, name && `${name} `, el('b', {}, value))));
}

function chartSummary(bars) {
  const said = bars.filter((bar) => bar.regime);
  const shares = classes().map((name) => `${words(name)} ${percent(said.filter((bar) => bar.regime === name).length / said.length, 0)}`);
  const known = said.filter((bar) => bar.outcome);
  const right = known.filter((bar) => bar.outcome === bar.regime).length;
  return `${bars.length} bars of ${state.symbol} from ${moment(bars[0].open_time)} to ${moment(bars.at(-1).close_time)}, close ${price(bars[0].close)} to ${price(bars.at(-1).close)}. `
    + (said.length ? `Predicted: ${shares.join(', ')}. ` : 'No predictions. ') + (known.length ? `${right} of ${known.length} known outcomes were right.` : '');
}

function renderBarsTable() {
  const box = $('bars-table');
  if (!box.open) return;
  const rows = (state.bars?.bars ?? []).slice(-20).reverse().map((bar) => el('tr', {}, el('th', { scope: 'row' }, `${day(bar.close_time)} ${time(bar.close_time).slice(0, 5)}`),
    ['open', 'high', 'low', 'close'].map((key) => el('td', {}, price(bar[key]))), el('td', {}, named(bar.regime)), el('td', {}, percent(bar.confidence, 0)),
    el('td', {}, bar.prediction_set ? bar.prediction_set.map(words).join(', ') || 'none' : NONE), el('td', {}, isNumber(bar.fallback_level) ? String(bar.fallback_level) : NONE), el('td', {}, named(bar.outcome))));
  box.querySelector('.scroll').replaceChildren(el('table', {}, el('caption', { class: 'unseen' }, 'Newest bars with their predictions'),
    heads(['Closed (UTC)', 'Open', 'High', 'Low', 'Close', 'Predicted', 'Confidence', 'Set', 'Fallback', 'Came']), el('tbody', {}, rows)));
}

function moveCursor(index) {
  state.cursor = plot?.bars[clamp(index, 0, plot.bars.length - 1)]?.open_time ?? null;
  changed('cursor');
}

function onPlotKey(event) {
  if (!plot) return;
  const last = plot.bars.length - 1;
  const at = cursorIndex() < 0 ? last : cursorIndex();
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, PageUp: at - 10, PageDown: at + 10, Home: 0, End: last }[event.key];
  if (event.key === 'Escape') { state.cursor = null; changed('cursor'); } else if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  else {
    moveCursor(to);
    announce(barWords(plot.bars[clamp(to, 0, last)]).map((pair) => pair.join(' ').trim()).join(', '));
  }
  event.preventDefault();
}

function onPlotPointer(event) {
  if (plot) moveCursor(Math.floor((event.clientX - $('canvas').getBoundingClientRect().left) / plot.step));
}

// ---------------------------------------------------------------- accuracy per day

function drawDays(days) {
  const { context: c, width, height } = surface($('days'), 150);
  const ink = inks();
  const model = state.status?.model;
  const lines = [['baseline', model?.best_baseline?.accuracy, [4, 3], ink.warn], ['out of sample', model?.out_of_sample?.accuracy, [1, 3], ink.muted]].filter(([, value]) => isNumber(value));
  const values = [...days.map((d) => d.accuracy), ...lines.map(([, value]) => value)];
  const [low, high] = [Math.max(0, Math.min(...values) - 0.02), Math.min(1, Math.max(...values) + 0.02)];
  const [left, right, top, bottom] = [38, width - 8, 22, height - 18];
  const y = (value) => bottom - (bottom - top) * (value - low) / (high - low || 1);
  const x = (index) => left + (right - left) * (index + 0.5) / days.length;
  const p = { context: c, ink };
  const step = niceStep(high - low, 4);
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) {
    hairline(p, left, y(value), right, y(value), ink.line);
    c.textAlign = 'right';
    c.fillStyle = ink.muted;
    c.fillText(percent(value, step < 0.01 ? 1 : 0), left - 4, y(value));
  }
  let legend = left;
  const key = (text, colour, dash) => { c.textAlign = 'left'; c.fillStyle = ink.ink; hairline(p, legend, 8, legend + 16, 8, colour, dash); c.fillText(text, legend + 20, 8); legend += 32 + c.measureText(text).width; };
  key('each day', ink.accent, []);
  for (const [name, value, dash, colour] of lines) {
    hairline(p, left, y(value), right, y(value), colour, dash);
    key(`${name} ${percent(value)}`, colour, dash);
  }
  c.strokeStyle = ink.accent;
  c.lineWidth = 1.5;
  c.beginPath();
  days.forEach((d, index) => c.lineTo(x(index), y(d.accuracy)));
  c.stroke();
  days.forEach((d, index) => { c.beginPath(); c.arc(x(index), y(d.accuracy), 3, 0, 7); c.fillStyle = d.resolved < 50 ? ink.paper : ink.accent; c.fill(); c.stroke(); }); // hollow: few rows
  c.fillStyle = ink.muted;
  c.textAlign = 'left';
  c.fillText(days[0].day, left, height - 6);
  c.textAlign = 'right';
  if (days.length > 1) c.fillText(days.at(-1).day, right, height - 6);
  $('days').setAttribute('aria-label', `Accuracy per day from ${days[0].day} to ${days.at(-1).day}, between ${percent(Math.min(...days.map((d) => d.accuracy)))} and ${percent(Math.max(...days.map((d) => d.accuracy)))}. The table below has the numbers.`);
}

// ---------------------------------------------------------------- token and theme

function askForToken() {
  if (state.needsToken) return;
  if (remembered('sessionStorage', 'token')) setText($('token-message'), 'The server refused the token. Please check it and try again.');
  remember('sessionStorage', 'token', null);
  state.needsToken = true;
  changed('token', 'regime');
}

function onToken(event) {
  event.preventDefault();
  remember('sessionStorage', 'token', $('token').value.trim());
  $('token').value = '';
  state.needsToken = false;
  changed('token');
  wake();
}

function renderToken() {
  const hidden = $('token-form').hidden;
  $('token-form').hidden = !state.needsToken;
  $('main').hidden = state.needsToken && !state.status;
  if (hidden && state.needsToken) $('token').focus();
}

const THEMES = ['auto', 'light', 'dark'];

function setTheme(theme) {
  if (theme === 'auto') delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = theme;
  remember('localStorage', 'theme', theme);
  setText($('theme'), `Theme: ${theme}`);
  changed('all');
}

function nextTheme() {
  setTheme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme ?? 'auto') + 1) % THEMES.length]);
}

// ---------------------------------------------------------------- start

/** Each view and the keys of the state that it depends on. */
const views = [
  [renderToken, 'token'],
  [renderHeader, 'status', 'stream', 'symbol', 'regime'],
  [renderBanners, 'status', 'stream', 'regime', 'monitoring'],
  [renderSymbols, 'status', 'rows', 'symbol', 'bars'],
  [renderNow, 'status', 'symbol', 'regime', 'signal', 'bars'],
  [renderChart, 'bars', 'regime', 'symbol', 'cursor'],
  [renderBarsTable, 'bars', 'symbol'],
  [renderMembers, 'status', 'regime', 'monitoring', 'symbol'],
  [renderRecord, 'status', 'monitoring', 'symbol'],
  [renderHistory, 'summary', 'status', 'symbol'],
  [renderDrift, 'monitoring', 'symbol'],
  [renderAlerts, 'monitoring'],
  [renderHealth, 'status', 'monitoring', 'symbol', 'rows'],
];

function tick() {
  setText($('clock'), `${time(now())} UTC`);
  for (const element of document.querySelectorAll('[data-ago]')) setText(element, `${duration(now() - Number(element.dataset.ago))} ago`);
}

function listen() {
  $('theme').addEventListener('click', nextTheme);
  $('token-form').addEventListener('submit', onToken);
  $('symbol-button').addEventListener('click', () => openSymbols(!$('symbols').classList.contains('open')));
  $('search').addEventListener('keydown', onSearchKey);
  $('search').addEventListener('input', () => { state.filter = $('search').value.trim().toLowerCase().replaceAll('_', ' '); state.active = null; changed('symbol'); });
  $('plot').addEventListener('keydown', onPlotKey);
  $('plot').addEventListener('pointermove', onPlotPointer);
  $('plot').addEventListener('pointerdown', onPlotPointer);
  $('plot').addEventListener('pointerleave', (event) => { if (event.pointerType === 'mouse') { state.cursor = null; changed('cursor'); } });
  $('bars-table').addEventListener('toggle', renderBarsTable);
  $('limits').addEventListener('change', (event) => { state.limit = Number(event.target.value); if (state.symbol !== null) { state.bars = null; loaders.bars(); } });
  document.querySelector(`#limits [value="${state.limit}"]`).checked = true;
  document.addEventListener('visibilitychange', () => { if (!document.hidden) { poll(); if (state.stream === 'lost') wake(); } });
  addEventListener('online', () => wake());
  addEventListener('hashchange', () => { if (rowOf(symbolOfAddress())) selectSymbol(symbolOfAddress()); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => changed('all'));
  new ResizeObserver(() => changed('bars', 'summary')).observe($('plot'));
}

document.body.append(el('i', { id: 'ink-probe', hidden: '' }));
listen();
setTheme(THEMES.includes(remembered('localStorage', 'theme')) ? remembered('localStorage', 'theme') : 'auto');
tick();
setInterval(tick, 1000);
setInterval(poll, POLL_MS);
follow();
