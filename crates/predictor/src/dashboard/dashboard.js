// The live predictor's dashboard. One way through: an answer or an event changes `state`, and what depends on it is
// drawn again. Names of symbols, classes and members are untrusted: they only ever become text nodes.

const POLL_MS = 10_000;
const ANSWER_MS = 15_000;
const SILENCE_MS = 40_000; // the server sends a comment every 15 s: two may be late
const LONGEST_PAUSE_MS = 30_000;
const REDRAW_MS = 100; // a replay sends thousands of bars a second
const SUMMARY_EVERY = 6; // polls

const state = {
  symbol: null,
  limit: matchMedia('(max-width: 759px)').matches ? 100 : 300,
  status: null, monitoring: null, bars: null, regime: null, signal: null, summary: null,
  problems: {}, // what could not be fetched, and why
  stream: 'connecting', // connecting | live | lost
  freshAt: null, // when we last knew everything that the server knows
  clockOffset: 0, // server's clock less ours
  cpuShare: null,
  needsToken: false,
  cursor: null, // open_time under the crosshair, which so stays on its bar when new ones come
  filter: '', active: null, allFeatures: false,
};

// --- elements

const $ = (id) => document.getElementById(id);
const pairs = (map) => Object.entries(map ?? {});

/** `el('td.bar', { title }, …)`: strings become text, never markup; nothing comes of null and false. */
function el(spec, ...content) {
  const [tag, ...names] = spec.split('.');
  const element = document.createElement(tag);
  if (names.length) element.className = names.join(' ');
  if (content[0]?.constructor === Object) for (const [name, value] of pairs(content.shift())) element.setAttribute(name, value);
  element.append(...content.flat(Infinity).filter((child) => child || child === 0));
  return element;
}

const p = (...content) => el('p', content);
const note = (...content) => el('p.note', content);
const warn = (text) => el('strong.warn-text', `▲ ${text}`);
const part = (title, ...content) => el('div.part', title && el('h3', title), content);
const fill = (id, ...content) => $(id).replaceChildren(...content.flat(Infinity).filter(Boolean));
const setText = (element, text) => { if (element.textContent !== text) element.textContent = text; };
const announce = (text) => setText($('announce'), text);
const facts = (list) => el('dl.facts', list.map(([name, ...value]) => el('div', el('dt', name), el('dd', value))));

/** From script, since the content security policy forbids style attributes. */
const styled = (element, style) => { Object.assign(element.style, style); return element; };

/** The first cell of each row is its heading; a row may have a `kind`, its class. */
function table(caption, columns, rows, kind = '') {
  const cell = (content, index) => (content?.tagName === 'TD' ? content : index ? el('td', content) : el('th', { scope: 'row' }, content));
  return el('table', { class: kind }, el('caption', caption), el('thead', el('tr', columns.map((name) => el('th', { scope: 'col' }, name)))),
    el('tbody', rows.map((row) => el('tr', { class: row.kind ?? '' }, row.map(cell)))));
}
const kindOf = (kind, row) => Object.assign(row, { kind });

/** Storage may be forbidden; then nothing is remembered. */
const recall = (store, key) => { try { return window[store].getItem(key); } catch { return null; } };
const remember = (store, key, value) => { try { window[store].setItem(key, value); } catch { /* then not */ } };

// --- words and numbers

const NONE = '–';
const isNumber = Number.isFinite;
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const words = (name) => String(name ?? NONE).replaceAll('_', ' ');
const decimals = (value, places) => (isNumber(value)
  ? value.toLocaleString('en-US', { minimumFractionDigits: places, maximumFractionDigits: places }).replace('-', '−') : NONE);
const percent = (value, places = 1) => (isNumber(value) ? `${decimals(100 * value, places)}\u00a0%` : NONE);
const signed = (text) => (/^[−–]/.test(text) ? text : `+${text}`);
const count = (value) => decimals(value, 0);
const plural = (n, one) => `${count(n)} ${one}${n === 1 ? '' : 's'}`;
const price = (value) => decimals(value, value ? clamp(5 - Math.floor(Math.log10(Math.abs(value))), 0, 10) : 2);

function duration(ms) {
  if (!isNumber(ms)) return NONE;
  const s = Math.max(0, ms) / 1000;
  if (s < 100) return `${Math.round(s)} s`;
  if (s < 3600) return `${Math.round(s / 60)} min`;
  return s < 172_800 ? `${decimals(s / 3600, s % 3600 && s < 36_000 ? 1 : 0)} h` : `${Math.round(s / 86_400)} days`;
}

const now = () => Date.now() + state.clockOffset;
const iso = (ms) => (isNumber(ms) ? new Date(ms).toISOString() : '');
const day = (ms) => iso(ms).slice(0, 10);
const minute = (ms) => iso(ms).slice(11, 16);
const second = (ms) => iso(ms).slice(11, 19);
/** With the date where it is not today's. */
const moment = (ms) => (!isNumber(ms) ? NONE : day(ms) === day(now()) ? `${second(ms)} UTC` : `${day(ms)} ${minute(ms)} UTC`);
/** A text that grows older by itself. */
const ago = (ms) => (isNumber(ms) ? el('span', { 'data-ago': ms }, `${duration(now() - ms)} ago`) : 'never');

function tick() {
  setText($('clock'), `${second(now())} UTC`);
  for (const element of document.querySelectorAll('[data-ago]')) setText(element, `${duration(now() - element.dataset.ago)} ago`);
}

// --- colours of classes

// Blue and orange, not green and red, stand for up and down; `size` is volatility. Weak, mid, strong in light, then in dark.
const SHADES = {
  up: [['#93c1ec', '#4a90d9', '#1c5aa0'], ['#2f5f92', '#4187cf', '#7db6f5']],
  down: [['#f3bd95', '#e07b39', '#a83c0c'], ['#8a4d2a', '#cf6f31', '#f7a06b']],
  flat: [['#c9cfd5', '#99a3ad', '#5d6873'], ['#4a535c', '#77828d', '#b3bdc7']],
  size: [['#58b3a3', '#d9a92e', '#7b3f98'], ['#2b8577', '#b98b1d', '#c58ee3']],
};
// For other names: Paul Tol's muted and light schemes, made to be told apart by the colour-blind.
const PALETTE = [
  ['#332288', '#ddcc77', '#117733', '#cc6677', '#88ccee', '#882255', '#44aa99', '#999933', '#aa4499', '#8c959f'],
  ['#77aadd', '#eedd88', '#44bb99', '#ee8866', '#99ddff', '#ffaabb', '#bbcc33', '#aaaa00', '#c08be0', '#b0b8c0'],
];
const MEANING = {
  bull: 'up', bullish: 'up', uptrend: 'up', bear: 'down', bearish: 'down', downtrend: 'down',
  sideways: 'flat', neutral: 'flat', flat: 'flat', range: 'flat', unknown: 'flat', no: 'flat',
  low: 0, choppy: 0, signals: 0, mid: 1, high: 2, strong: 2, vol: null,
};

const root = document.documentElement;
const isDark = () => (root.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';

function knownColour(name) {
  const meanings = name === 'choppy' ? ['flat', 1] : name.split('_').map((token) => MEANING[token]);
  if (meanings.includes(undefined)) return null;
  return SHADES[meanings.find((is) => typeof is === 'string') ?? 'size'][+isDark()][meanings.find(isNumber) ?? 1];
}

const classes = () => state.bars?.classes ?? state.status?.model?.classes ?? Object.keys(state.regime?.probabilities ?? {});
let colours = { key: '', map: new Map() };

/** No two classes share a colour: the second takes the next of the palette. */
function colourOf(name) {
  const key = `${classes()} ${isDark()}`;
  if (key !== colours.key) {
    colours = { key, map: new Map() };
    let next = 0;
    for (const each of classes()) {
      const known = knownColour(each);
      colours.map.set(each, known && ![...colours.map.values()].includes(known) ? known : PALETTE[+isDark()][next++ % 10]);
    }
  }
  return colours.map.get(name) ?? '#808a94';
}

/** Black or white, whichever can be read on the colour. */
function inkOn(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => (parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? '#000' : '#fff';
}

const swatch = (name) => styled(el('span.swatch'), { background: colourOf(name) });
const named = (name) => (name ? el('span', swatch(name), words(name)) : NONE);
const track = (share, background = '') => el('span.track', styled(el('i'), { width: `${100 * clamp(share || 0, 0, 1)}%`, background }));

// --- asking the server

function headers() {
  const token = recall('sessionStorage', 'token');
  return token ? { Authorization: `Bearer ${token}` } : {};
}

async function ask(path, signal) {
  const response = await fetch(path, { headers: headers(), cache: 'no-store', signal });
  if (response.ok) return response;
  const error = (await response.json().catch(() => null))?.error;
  throw Object.assign(new Error(error?.message ?? `the server answered ${response.status}`), { status: response.status });
}

const turns = {};
/** Fetches one part of the state; true if the server said what it knows. An answer that a later question overtook is dropped. */
async function load(key, path) {
  const turn = turns[key] = (turns[key] ?? 0) + 1;
  let [answer, problem] = [null, null];
  try { answer = await (await ask(path, AbortSignal.timeout(ANSWER_MS))).json(); } catch (error) { problem = error; }
  if (turns[key] !== turn) return false;
  const { status, message } = problem ?? {};
  const none = status === 404 || status === 425; // there is none, rather than an old one
  if (status === 401) askForToken();
  if (problem) state.problems[key] = { status, message: status ? message : 'the server does not answer', at: now() };
  else delete state.problems[key];
  if (answer) accept[key]?.(answer);
  if (answer || none) state[key] = answer;
  changed(key);
  return !problem || none;
}

/** What has to happen before an answer takes its place in the state. */
const accept = {
  status(answer) {
    const seconds = (answer.now - state.status?.now) / 1000;
    if (seconds > 1) state.cpuShare = (answer.resources?.cpu_seconds - state.status.resources?.cpu_seconds) / seconds;
    state.clockOffset = answer.now - Date.now();
  },
  bars(answer) {
    if (state.bars?.symbol !== answer.symbol) return;
    const newest = answer.bars.at(-1)?.open_time ?? 0;
    answer.bars.push(...state.bars.bars.filter((bar) => bar.open_time > newest)); // came by event meanwhile
  },
};

const ofSymbol = () => encodeURIComponent(state.symbol);
const loaders = {
  status: () => load('status', '/v1/status'),
  monitoring: () => load('monitoring', '/v1/monitoring'),
  bars: () => load('bars', `/v1/bars/${ofSymbol()}?limit=${state.limit}`),
  regime: () => load('regime', `/v1/regime/${ofSymbol()}`),
  signal: () => load('signal', `/v1/signals/${ofSymbol()}`),
  summary: () => state.status?.history?.enabled === false || load('summary', `/v1/history/summary?symbol=${ofSymbol()}&days=30`),
};
const OF_SYMBOL = ['bars', 'regime', 'signal', 'summary'];
const loadSymbol = () => (state.symbol === null ? [] : OF_SYMBOL.map((key) => loaders[key]()));

async function refresh() {
  const first = [loaders.monitoring(), await loaders.status()];
  chooseSymbol();
  const all = await Promise.all([...first, ...loadSymbol()]);
  if (all.every(Boolean)) { state.freshAt = now(); changed('stream'); }
}

let polls = 0;
async function poll() {
  if (document.hidden || state.needsToken) return;
  polls += 1;
  await Promise.all([loaders.status(), loaders.monitoring()]);
  if (chooseSymbol()) loadSymbol();
  else if (state.symbol !== null) OF_SYMBOL.filter((key) => state.problems[key] || (key === 'summary' && polls % SUMMARY_EVERY === 0)).forEach((key) => loaders[key]());
}

const symbolOfAddress = () => { try { return decodeURIComponent(location.hash.slice(1)); } catch { return ''; } };

/** Keeps the chosen symbol while it exists, else takes the one of the address, else the first; true if it changed. */
function chooseSymbol() {
  const known = (state.status?.symbols ?? []).map((row) => row.symbol);
  if (known.includes(state.symbol) || !known.length) return false;
  show(known.includes(symbolOfAddress()) ? symbolOfAddress() : known[0]);
  return true;
}

function show(symbol) {
  Object.assign(state, { symbol, cursor: null, bars: null, regime: null, signal: null, summary: null });
  for (const key of OF_SYMBOL) delete state.problems[key];
  changed('symbol', ...OF_SYMBOL);
}

function selectSymbol(symbol) {
  if (symbol !== state.symbol) {
    history.replaceState(null, '', `#${encodeURIComponent(symbol)}`);
    show(symbol);
    loadSymbol();
    announce(`Showing ${symbol}`);
  }
  openSymbols(false);
}

// --- the live stream

let wake = () => {};
const pause = (ms) => new Promise((resolve) => { wake = resolve; if (ms) setTimeout(resolve, ms); });

/** Follows the events for ever. After each break everything is fetched again, since events were missed. */
async function follow() {
  for (let failures = 0; ;) {
    if (state.needsToken) await pause();
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
  state.stream = to;
  changed('stream');
}

/** Reads by fetch(), not by EventSource, which cannot send a token. */
async function readEvents(opened) {
  const abort = new AbortController();
  let watchdog = setTimeout(() => abort.abort(), ANSWER_MS);
  try {
    const response = await ask('/v1/events', abort.signal);
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
  let [name, data] = ['', ''];
  const line = (text) => {
    if (text.startsWith('event:')) name = text.slice(6).trim();
    else if (text.startsWith('data:')) data += text.slice(5);
    else if (text === '') {
      if (data) onEvent[name]?.(JSON.parse(data));
      [name, data] = ['', ''];
    }
  };
  return (chunk) => {
    const lines = (rest + chunk).split(/\r?\n/);
    rest = lines.pop();
    lines.forEach(line);
  };
}

const rowOf = (symbol) => state.status?.symbols?.find((row) => row.symbol === symbol);
const barAt = (closeTime) => state.bars?.bars.findLast((bar) => bar.close_time === closeTime);

function changeRow(symbol, values) {
  const row = rowOf(symbol);
  if (row) { Object.assign(row, values); changed('rows'); } else if (state.status) poll();
}

const onEvent = {
  bar({ symbol, bar }) {
    changeRow(symbol, { last_close: bar.close, last_bar_closed_at: bar.close_time, staleness_ms: 0, seenAt: now() });
    if (symbol === state.symbol && state.bars) { putBar(bar); changed('bars'); }
  },
  prediction(prediction) {
    const { symbol, predicted_regime, confidence, fallback_level } = prediction;
    changeRow(symbol, { predicted_regime, confidence, fallback_level, warming_up: 0 });
    if (symbol !== state.symbol) return;
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
    if (change.symbol === state.symbol) announce(`${change.symbol} changes from ${words(change.old)} to ${words(change.new)}, confidence ${percent(change.confidence, 0)}`);
  },
  alert(alert) {
    if (!state.monitoring) return;
    state.monitoring.alerts = [alert, ...(state.monitoring.alerts ?? []).filter(({ id }) => id !== alert.id)];
    changed('monitoring');
    announce(`Alert ${isNumber(alert.resolved_at) ? 'recovered' : alert.severity}: ${alert.message}`);
  },
  feed(feed) {
    if (state.status) state.status.feed = feed;
    changed('status');
  },
  model: () => refresh(), // another model may have other classes
  lagged: () => refresh(),
};

function putBar(bar) {
  const { bars } = state.bars;
  const at = bars.findLastIndex((known) => known.open_time <= bar.open_time);
  if (bars[at]?.open_time === bar.open_time) bars[at] = bar;
  else {
    if (bars[at]?.close_time < bar.open_time) loaders.bars(); // one was missed, or the market has a hole
    bars.splice(at + 1, 0, bar);
  }
  bars.splice(0, bars.length - state.limit);
}

let signalTimer = null;
function loadSignalSoon() {
  signalTimer ??= setTimeout(() => { signalTimer = null; loaders.signal(); }, 250);
}

// --- drawing again what changed

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
  for (const [render, ...needs] of views) {
    if (!keys.has('all') && !needs.some((key) => keys.has(key))) continue;
    try { render(); } catch (error) { reportError(error); } // the other views go on
  }
}

/** Why a panel shows old data or none. */
function problemOf(key, what) {
  const problem = state.problems[key];
  return problem && problem.status !== 401 && el('p.problem', `${what} could not be fetched at ${moment(problem.at)}: ${problem.message}.`, state[key] && ' What stands here is older.');
}

const emptyOr = (key, what, text = 'Nothing yet.') => problemOf(key, what) || el('p.empty', text);

// --- header and banners

const FEED = { live: 'good', down: 'bad', ended: 'idle', none: 'idle' };
const STREAM = { live: ['good', 'page live'], lost: ['bad', 'page disconnected'], connecting: ['warn', 'page connecting'] };
const stateWord = (kind, text) => el(`span.state.${kind}`, text);
const nameOf = ({ name, version }) => `${name}/${version}`;
const feedWord = (feed) => stateWord(FEED[feed.state] ?? 'warn', `feed ${feed.kind} ${feed.state}`);

function renderHeader() {
  const { status, symbol, stream, regime } = state;
  const many = status?.symbols?.length > 1;
  $('symbol-button').hidden = symbol === null;
  fill('symbol-button', symbol, many && el('span.arrow', ' ▾'));
  setText($('model-line'), status?.model ? `${nameOf(status.model)} · ${status.model.timeframe} · ${words(status.model.taxonomy)}` : '');
  fill('states', stateWord(...STREAM[stream]), status?.feed && (state.problems.status ? stateWord('idle', `feed was ${status.feed.state}`) : feedWord(status.feed)));
  document.body.classList.toggle('many', many);
  document.title = [stream === 'lost' && '⚠', symbol, regime && `${words(regime.predicted_regime)} ${percent(regime.confidence, 0)} –`, 'live predictor'].filter(Boolean).join(' ');
}

function bannersWanted() {
  const { status, stream, problems, regime, freshAt } = state;
  const { feed, model } = status ?? {};
  return [
    stream === 'lost' && ['bad', `Connection lost. ${freshAt ? `Showing data of ${moment(freshAt)}.` : 'Nothing has been received yet.'} Trying again by itself.`, 'Try now'],
    stream === 'live' && problems.status && ['warn', `The server’s status could not be read at ${moment(problems.status.at)}: ${problems.status.message}.`],
    feed?.state === 'down' && ['bad', `The market feed (${feed.kind}) is down since ${moment(feed.since)}${feed.detail ? `: ${feed.detail}` : ''}. No new bars arrive.`],
    model?.reload_error && ['warn', `A newer model could not be loaded; the present one stays: ${model.reload_error}`],
    regime?.fallback_level >= 3 && ['bad', `${regime.symbol}: ${FALLBACK[regime.fallback_level]}`],
  ].filter(Boolean);
}

let bannersShown = '';
function renderBanners() {
  const wanted = bannersWanted();
  if (bannersShown === String(wanted)) return; // else a screen reader says it again
  bannersShown = String(wanted);
  fill('banners', wanted.map(([kind, text, action]) => {
    const button = action && el('button', { type: 'button' }, action);
    button?.addEventListener('click', () => wake());
    return el(`div.banner.${kind}`, { role: kind === 'bad' ? 'alert' : 'status' }, el('span', text), button);
  }));
}

// --- symbols

function barLength() {
  const [, n, unit] = /^(\d+)([smhdw])$/.exec(state.status?.model?.timeframe ?? '') ?? [];
  return n ? n * { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 }[unit] : Infinity;
}

const isReplay = () => state.status?.feed?.kind === 'replay'; // its times are not ours
const staleness = (row) => (isNumber(row?.staleness_ms) ? row.staleness_ms + now() - (row.seenAt ?? state.status.now) : null);
const isStale = (row) => !isReplay() && staleness(row) > 2 * barLength();

const isFound = (row) => words(`${row.symbol} ${row.predicted_regime ?? ''}`).toLowerCase().includes(state.filter);
const options = new Map(); // symbol → its parts, kept so that scrolling survives

function renderSymbols() {
  const rows = state.status?.symbols ?? [];
  $('symbols').hidden = rows.length < 2;
  if (rows.length !== options.size || rows.some(({ symbol }) => !options.has(symbol))) buildOptions(rows);
  let shown = 0;
  for (const row of rows) {
    const { item, cost, says } = options.get(row.symbol);
    setText(cost, isNumber(row.last_close) ? price(row.last_close) : '');
    says.replaceChildren(...rowWords(row).filter(Boolean));
    item.hidden = !isFound(row);
    item.setAttribute('aria-selected', row.symbol === state.symbol);
    item.classList.toggle('active', row.symbol === state.active);
    shown += !item.hidden;
  }
  $('search').setAttribute('aria-activedescendant', options.get(state.active)?.item.id ?? '');
  setText($('symbol-count'), `${state.filter ? `${shown} of ` : ''}${plural(rows.length, 'symbol')}`);
}

function buildOptions(rows) {
  options.clear();
  rows.forEach(({ symbol }, index) => {
    const [cost, says] = [el('span'), el('span.says')];
    const item = el('li', { role: 'option', id: `option-${index}` }, el('span.name', { title: symbol }, symbol), cost, says);
    item.addEventListener('click', () => selectSymbol(symbol));
    options.set(symbol, { item, cost, says });
  });
  fill('symbol-list', [...options.values()].map(({ item }) => item));
}

function rowWords(row) {
  if (!row.predicted_regime) return [row.warming_up ? `warming up, ${plural(row.warming_up, 'bar')} missing` : 'no prediction yet'];
  const doubts = [isStale(row) && `stale ${duration(staleness(row))}`, row.fallback_level > 0 && `fallback ${row.fallback_level}`].filter(Boolean);
  return [named(row.predicted_regime), ` ${percent(row.confidence, 0)} `, doubts.length > 0 && warn(doubts.join(', '))];
}

function openSymbols(open) {
  const was = $('symbols').classList.contains('open');
  $('symbols').classList.toggle('open', open);
  $('symbol-button').setAttribute('aria-expanded', open);
  if (open) $('search').focus();
  else if (was) $('symbol-button').focus();
}

function onSearchKey(event) {
  const shown = (state.status?.symbols ?? []).filter(isFound).map(({ symbol }) => symbol);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && shown.length) {
    state.active = shown[clamp(shown.indexOf(state.active ?? state.symbol) + step, 0, shown.length - 1)];
    options.get(state.active).item.scrollIntoView({ block: 'nearest' });
  } else if (event.key === 'Enter' && shown.length) selectSymbol(shown.includes(state.active) ? state.active : shown[0]);
  else if (event.key === 'Escape') openSymbols(false);
  else return;
  event.preventDefault();
  changed('symbol');
}

function onSearch() {
  state.filter = words($('search').value.trim().toLowerCase());
  state.active = null;
  changed('symbol');
}

// --- newest prediction

const FALLBACK = [
  'All members answered.',
  'Some members are missing; the others share their weight.',
  'One member alone answers; nobody checks it.',
  'No member answers. This is the last good answer, fading towards how often each class occurs.',
  'No member answers. This is only how often each class occurs: it knows nothing of the market now.',
];
const SOURCE = { last_good: 'last good answer', prior: 'class prior' };

function renderNow() {
  const { status, symbol, regime, problems } = state;
  if (symbol === null) return fill('now-body', status ? noSymbols(status) : emptyOr('status', 'The status', 'Asking the server …'));
  if (problems.regime?.status === 425) return fill('now-body', warmingUp(problems.regime));
  if (!regime) return fill('now-body', emptyOr('regime', 'The prediction', 'Asking for the newest prediction …'));
  fill('now-body', problemOf('regime', 'The prediction'), verdict(regime), el('div.columns',
    el('div', probabilities(regime), predictionSet(regime), fallback(regime)), el('div', signal(), forecast(regime), measures(regime))));
}

const noSymbols = ({ feed, model }) => [p(el('strong', 'No symbols yet.')), p(feed?.state === 'none' ? 'The server has no feed; it answers POST /v1/predict only.'
  : `The feed (${feed?.kind}) is ${feed?.state}${feed?.detail ? `: ${feed.detail}` : ''}. The first bars will appear here by themselves; a prediction needs ${plural(model?.required_bars, 'bar')}.`)];

function warmingUp(problem) {
  const missing = rowOf(state.symbol)?.warming_up;
  const needed = state.status?.model?.required_bars;
  return [p(el('strong', 'Warming up. '), `${problem.message}.`),
    isNumber(missing) && needed && [track(1 - missing / needed), note(`${count(needed - missing)} of ${plural(needed, 'bar')} are there.`)]];
}

function verdict(said) {
  const ahead = said.horizon * barLength();
  return [el('div.verdict', swatch(said.predicted_regime),
    el('div.regime', words(said.predicted_regime), el('small', `over the next ${plural(said.horizon, 'bar')}${isNumber(ahead) ? ` (${duration(ahead)})` : ''}`)),
    el('div.sure', percent(said.confidence, 0), el('small', 'confidence'))),
  note(`Bar closed ${moment(said.timestamp)}`, !isReplay() && said.timestamp <= now() && [', ', ago(said.timestamp)], `, by ${said.model_version} `, isStale(rowOf(said.symbol)) && warn('stale: the next bar is overdue'))];
}

function probabilities(said) {
  const set = said.prediction_set;
  const rows = pairs(said.probabilities).map(([name, value]) => kindOf(name === said.predicted_regime ? 'best' : '',
    [named(name), el('td.bar', track(value, colourOf(name))), percent(value), set?.includes(name) ? '✓' : '']));
  return part(null, table('Probability of each class', ['Class', '', '', set ? 'In set' : ''], rows));
}

const predictionSet = ({ prediction_set: set, abstained }) => part('Prediction set', p(!set ? 'None: the bundle carries no threshold.'
  : set.length === 1 ? `Decides for ${words(set[0])}.` : [warn('Abstains: '), `${words(abstained ?? `${set.length} classes are possible`)}.`]));

const fallback = ({ fallback_level: level, fallback_reason: reason }) => part(`Fallback level ${level ?? NONE} of 4`,
  el('div.steps', [0, 1, 2, 3, 4].map((step) => el(step === level ? `i.l${step}` : 'i'))), p(FALLBACK[level] ?? ''), reason && note(`Reason: ${words(reason)}`));

const SIGNAL = { long: '▲ long', short: '▼ short', neutral: '◆ neutral', exposure: '◐ exposure' };

function signal() {
  const said = state.signal;
  if (!said) return part('Signal', emptyOr('signal', 'The signal', 'None yet.'));
  const size = said.signal === 'exposure' ? `${percent(said.position_size, 0)} of full` : `position ${signed(percent(said.position_size, 0))}`;
  return part('Signal', problemOf('signal', 'The signal'),
    el('p.signal', el('span.tag', SIGNAL[said.signal] ?? words(said.signal)), el('strong', size), `strength ${decimals(said.strength, 2)}`),
    note(said.reason, said.timestamp < state.regime?.timestamp && ` (of the bar that closed ${moment(said.timestamp)})`));
}

function forecast({ symbol, timestamp, forecast_interval: interval }) {
  if (!interval) return null;
  const close = barAt(timestamp)?.close ?? rowOf(symbol)?.last_close;
  const end = (value) => el('span', el('strong', signed(percent(Math.expm1(value), 2))), isNumber(close) && ` ${price(close * Math.exp(value))}`);
  return part(`Price in ${plural(interval.horizon, 'bar')}, at ${percent(interval.coverage, 0)} coverage`, el('p.ends', end(interval.low), 'to', end(interval.high)));
}

const measures = (said) => part(null, facts([
  ['Uncertainty', `${decimals(said.uncertainty, 2)} of 1`], ['Disagreement', `${decimals(said.disagreement, 3)} nats`], ['Quality score', decimals(said.quality_score, 2)],
  ['Source', SOURCE[said.source] ?? words(said.source)], ['Took', `${decimals(said.latency_ms, 1)} ms`],
]));

// --- members

const liveScores = () => state.monitoring?.accuracy?.find(({ symbol }) => symbol === state.symbol);

function renderMembers() {
  const { regime, status } = state;
  const missing = { ...status?.model?.missing, ...regime?.missing };
  const names = new Set([...(status?.model?.members ?? []), ...Object.keys(regime?.members ?? {}), ...Object.keys(missing)]);
  const caption = regime ? `Who said what at ${moment(regime.timestamp)}. By results: the weight that live outcomes would give` : 'No prediction yet';
  const rows = [...names].map((name) => memberRow(name, regime, missing[name]));
  fill('members-body', rows.length ? table(caption, ['Member', 'Says', '', 'Weight', 'By results', 'Live accuracy'], rows, 'loose') : emptyOr('status', 'The members'));
}

function memberRow(name, regime, why) {
  const said = regime?.members?.[name];
  const live = liveScores();
  if (!said && (why || regime)) return [words(name), el('td.text', { colspan: 5 }, warn('missing: '), why ?? 'it gave no answer')];
  const order = Object.keys(regime?.probabilities ?? {});
  const top = said?.indexOf(Math.max(...said));
  return [words(name), said ? [named(order[top]), ` ${percent(said[top], 0)}`] : NONE, el('td.bar', said && stack(order, said)),
    percent(regime?.weights?.[name], 0), percent(live?.rolling_weights?.[name], 0), percent(live?.members?.[name]?.accuracy)];
}

function stack(names, shares) {
  const title = names.map((name, index) => `${words(name)} ${percent(shares[index])}`).join(', ');
  return el('span.stack', { role: 'img', 'aria-label': title, title }, shares.map((share, index) => styled(el('i'), { width: `${100 * share}%`, background: colourOf(names[index]) })));
}

// --- model and its record

function renderRecord() {
  const { model, challenger } = state.status ?? {};
  if (!model) return fill('record-body', emptyOr('status', 'The model'));
  fill('record-body', problemOf('monitoring', 'Live scores'), scoreTable(model, challenger), judgement(model), part(null, modelFacts(model)),
    challenger ? part('Challenger: predicts beside it, unheard', modelFacts(challenger), leaves(state.monitoring?.challenger)) : note('No challenger is running.'));
}

function scoreTable(model, challenger) {
  const live = liveScores();
  const row = (name, detail, scores) => [[name, el('span.note', ` ${detail}`)], percent(scores?.accuracy), decimals(scores?.log_loss, 3), decimals(scores?.brier, 3), percent(scores?.coverage, 0)];
  const baseline = ({ best_baseline: base }) => row('Best baseline', base ? words(base.name) : 'none in the bundle', base);
  const rows = [kindOf('best', row('Live', live?.resolved ? `last ${count(live.resolved)} resolved` : 'nothing resolved yet', live)),
    row('Out of sample', '', { ...model.out_of_sample, coverage: live?.expected?.coverage }), baseline(model)];
  if (challenger) rows.push(row('Challenger', 'out of sample', challenger.out_of_sample), baseline(challenger));
  return table('Scores. Coverage: how often the prediction set held what came', ['', 'Accuracy', 'Log loss', 'Brier', 'Coverage'], rows, 'loose');
}

/** The comparison in words, so that no score stands alone. */
function judgement({ best_baseline: base }) {
  const live = liveScores();
  if (!isNumber(base?.accuracy)) return note('Without a baseline these scores cannot be judged.');
  if (!isNumber(live?.accuracy)) return null;
  const points = 100 * (live.accuracy - base.accuracy);
  // Neighbouring outcomes overlap, so a few dozen of them say little: the interval counts only those that do not.
  if (live.lower <= base.accuracy && base.accuracy <= live.upper) {
    return note(`Live accuracy can't be told apart from the best baseline's yet: it lies between ${percent(live.lower)} and ${percent(live.upper)}.`);
  }
  return note('Live accuracy is ', points > 0 ? el('strong.good-text', `${decimals(points, 1)} points above`) : el('strong.bad-text', `▼ ${decimals(-points, 1)} points below`),
    ' the best baseline, which was measured out of sample, not on the live bars', isNumber(live.upper) && ` (upper bound of the live accuracy: ${percent(live.upper)})`, '.');
}

const modelFacts = (model) => facts([
  ['Model', nameOf(model)], ['Content hash', el('code', { title: model.content_hash }, String(model.content_hash ?? NONE).slice(0, 12))], ['Fitted on', words(model.fitted_on)],
  ['Horizon', plural(model.horizon, 'bar')], ['Needs', plural(model.required_bars, 'bar')], ['Loaded', moment(model.loaded_at)],
]);

/** An object whose form is open: each of its numbers and texts by its name. */
const leaves = (object) => facts(pairs(object).filter(([, value]) => typeof value !== 'object')
  .map(([name, value]) => [words(name), isNumber(value) ? decimals(value, Number.isInteger(value) ? 0 : 3) : String(value)]));

// --- history

const FEW = 50; // resolved rows of a day

function renderHistory() {
  const { summary, status } = state;
  const days = (summary?.days ?? []).filter(({ accuracy }) => isNumber(accuracy));
  const off = status?.history?.enabled === false;
  for (const id of ['days', 'days-table', 'confusion']) $(id).hidden = off || !days.length;
  if (off) return fill('history-note', p('History is off: the server keeps no predictions, so nothing can be said of past days.'));
  if (!summary) return fill('history-note', emptyOr('summary', 'The history'));
  if (!days.length) return fill('history-note', p('Nothing has been resolved yet: a prediction is judged when its horizon has passed.'));
  const { total } = summary;
  const { best_baseline: base, out_of_sample: sample } = status?.model ?? {};
  fill('history-note', problemOf('summary', 'The history'), p(el('strong', percent(total.accuracy)), ` of ${count(total.resolved)} resolved predictions were right; best baseline, out of sample: `,
    el('strong', percent(base?.accuracy)), `. Log loss ${decimals(total.log_loss, 3)}; sets held what came in ${percent(total.covered, 0)}.`),
  note(`Dots: days (hollow: under ${FEW} rows). Dashed: best baseline ${percent(base?.accuracy)}. Dotted: the model out of sample ${percent(sample?.accuracy)}.`));
  drawDays(days, status?.model ?? {});
  fill('days-rows', table('Days in UTC', ['Day', 'Resolved', 'Accuracy', 'Log loss', 'Sets held'],
    summary.days.toReversed().map((d) => [d.day, count(d.resolved), percent(d.accuracy), decimals(d.log_loss, 3), percent(d.covered, 0)])));
  fill('confusion', summary.confusion && confusion(summary.confusion));
}

function confusion({ classes: names, counts }) {
  const short = names.length > 3; // then columns have numbers, explained by the rows
  const cell = (n, said, came, sum) => styled(
    el(came === said ? 'td.right' : 'td', { title: `${words(names[came])} came, ${words(names[said])} was predicted: ${count(n)}` }, sum ? count((100 * n) / sum) : NONE),
    { background: `color-mix(in srgb, var(--accent) ${Math.round((45 * n) / (sum || 1))}%, var(--paper))` });
  const rows = counts.map((line, came) => {
    const sum = line.reduce((a, b) => a + b, 0);
    return [[swatch(names[came]), short && `${came + 1} `, words(names[came])], ...line.map((n, said) => cell(n, said, came, sum)), count(sum)];
  });
  return table('Rows: what came. Columns: what was predicted. In % of a row; outlined: right.',
    ['', ...names.map((name, index) => [swatch(name), short ? String(index + 1) : words(name)]), 'count'], rows, 'confusion');
}

function drawDays(days, { best_baseline: base, out_of_sample: sample }) {
  const { c, width, height } = surface($('days'), 150);
  const ink = inks();
  const own = days.map((d) => d.accuracy);
  const lines = [[base?.accuracy, ink.warn, [5, 3]], [sample?.accuracy, ink.muted, [1, 3]]].filter(([value]) => isNumber(value));
  const all = [...own, ...lines.map(([value]) => value)];
  const [low, high] = [Math.max(0, Math.min(...all) - 0.02), Math.min(1, Math.max(...all) + 0.02)];
  const [left, top, bottom] = [38, 6, height - 18];
  const x = (index) => left + ((width - left) * (index + 0.5)) / days.length;
  const y = (value) => bottom - ((bottom - top) * (value - low)) / (high - low || 1);
  steps(low, high, 4, (value, places) => {
    hairline(c, left, y(value), width, y(value), ink.line);
    write(c, percent(value, Math.max(0, places - 2)), left - 4, y(value), ink.muted, 'right');
  });
  for (const [value, colour, dash] of lines) hairline(c, left, y(value), width, y(value), colour, dash);
  days.forEach((d, index) => {
    if (index) hairline(c, x(index - 1), y(own[index - 1]), x(index), y(d.accuracy), ink.accent);
    Object.assign(c, { fillStyle: ink.accent, strokeStyle: ink.accent });
    c.beginPath();
    c.arc(x(index), y(d.accuracy), 3, 0, 7);
    if (d.resolved < FEW) c.stroke(); else c.fill();
  });
  write(c, days[0].day, left, height - 6, ink.muted);
  write(c, days.at(-1).day, width, height - 6, ink.muted, 'right');
  $('days').setAttribute('aria-label', `Accuracy of ${plural(days.length, 'day')}, between ${percent(Math.min(...own))} and ${percent(Math.max(...own))}; numbers in the table below.`);
}

// --- drift, alerts, health

function renderDrift() {
  const drift = state.monitoring?.drift?.find(({ symbol }) => symbol === state.symbol);
  const features = drift?.features ?? [];
  $('more-features').hidden = features.length <= 10;
  setText($('more-features'), state.allFeatures ? 'Show the 10 highest only' : `Show all ${features.length} features`);
  if (!drift) return fill('drift-body', emptyOr('monitoring', 'Drift', 'Nothing is measured yet.'));
  const row = (name, f) => kindOf(f.drifted ? 'flagged' : '', [name, decimals(f.psi, 3), decimals(f.ks, 3), decimals(f.threshold, 3), f.drifted ? el('strong.bad-text', '■ yes') : 'no']);
  const rows = features.slice(0, state.allFeatures ? Infinity : 10).map((f) => row(f.name, f));
  if (drift.predictions) rows.unshift(row('(predictions)', drift.predictions));
  fill('drift-body', problemOf('monitoring', 'Drift'), driftVerdict(drift), rows.length > 0 && table('Distance from training, highest PSI first', ['Feature', 'PSI', 'KS', 'Threshold', 'Flagged'], rows, 'loose'));
}

function driftVerdict({ score, threshold, drifted, bars, window_bars: wanted }) {
  const filled = `${count(bars)} of ${plural(wanted, 'bar')} in the window.`;
  if (!isNumber(score)) return p(bars < wanted ? 'The window is filling: ' : 'No score: the bundle carries no reference. ', filled);
  const reach = Math.max(score, threshold ?? 0) * 1.25 || 1;
  const meter = track(score / reach, drifted ? 'var(--bad)' : '');
  if (isNumber(threshold)) meter.append(styled(el('b'), { left: `${(100 * threshold) / reach}%` }));
  return [p(stateWord(drifted ? 'bad' : 'good', drifted ? 'Drifted' : 'No drift'), `: score ${decimals(score, 3)} against a threshold of ${decimals(threshold, 3)}; ${filled}`), meter];
}

const SEVERITY = { critical: '■ critical', high: '■ high', medium: '▲ medium', low: '● low' };
const MOST_RECOVERED = 4;

function renderAlerts() {
  const alerts = state.monitoring?.alerts ?? [];
  const rank = ({ severity }) => Object.keys(SEVERITY).indexOf(severity);
  const active = alerts.filter((alert) => !isNumber(alert.resolved_at)).sort((a, b) => rank(a) - rank(b) || b.last_seen - a.last_seen);
  const over = alerts.filter((alert) => isNumber(alert.resolved_at)).sort((a, b) => b.resolved_at - a.resolved_at);
  setText($('alerts-head'), active.length ? `Alerts: ${active.length} active` : 'Alerts');
  fill('alerts-body', problemOf('monitoring', 'Alerts'), state.monitoring && !active.length && p(stateWord('good', 'No active alert.')),
    el('ul', active.map(activeAlert), over.slice(0, MOST_RECOVERED).map(recoveredAlert)), over.length > MOST_RECOVERED && note(`and ${over.length - MOST_RECOVERED} more that recovered`));
}

const alertName = (alert) => ` ${words(alert.rule)}${alert.symbol ? `, ${alert.symbol}` : ''}`;
const activeAlert = (alert) => el(`li.alert.${Object.hasOwn(SEVERITY, alert.severity) ? alert.severity : 'low'}`, el('strong', SEVERITY[alert.severity] ?? words(alert.severity)), alertName(alert),
  p(alert.message), note(`since ${moment(alert.since)}, last seen `, ago(alert.last_seen), alert.count > 1 && `, ${count(alert.count)} times`));
const recoveredAlert = (alert) => el('li.alert.recovered', `✓ recovered ${moment(alert.resolved_at)}: ${words(alert.severity)}${alertName(alert)}`, note(alert.message));

function renderHealth() {
  const { status } = state;
  if (!status) return fill('health-body', emptyOr('status', 'Health'));
  const { history: kept } = status;
  const [feed, used, row] = [status.feed ?? {}, status.resources ?? {}, rowOf(state.symbol)];
  fill('health-body', problemOf('status', 'Health'), facts([
    ['Feed', feedWord(feed)], ['Since', moment(feed.since)], ['Last message', ago(feed.last_message_at)], ['Reconnects', count(feed.reconnects)], ['Gaps filled', count(feed.gaps_filled)],
    ['Newest bar', moment(row?.last_bar_closed_at)], ['Staleness', isStale(row) ? warn(duration(staleness(row))) : duration(staleness(row))], ['Memory', `${count(used.memory_bytes / 2 ** 20)} MiB`],
    ['CPU', `${percent(state.cpuShare)}, ${decimals(used.cpu_seconds, 1)} s in all`], ['Latency', `p50 ${decimals(used.latency_ms?.p50, 1)}, p99 ${decimals(used.latency_ms?.p99, 1)} ms`],
    ['Requests', count(used.requests)], ['Predictions', count(used.predictions)], ['History', kept?.enabled ? `${count(kept.predictions)} kept, ${count(kept.resolved)} resolved` : 'off'],
    ['Symbols', count(status.symbols?.length)], ['Up for', duration(status.now - status.started_at)], ['Program', status.program_version],
  ]), feed.detail && note(feed.detail), kept?.error && el('p.problem', `History: ${kept.error}`),
  row && part(`Bars of ${row.symbol}: ${count(row.bars)} held; taken in since the start:`, facts(pairs(row.ingest).map(([name, n]) => [words(name), n > 0 && ['invalid', 'holes'].includes(name) ? warn(count(n)) : count(n)]))),
  note(`As of ${moment(status.now)}.`));
}

// --- drawing on canvas

/** A context in CSS pixels on a canvas of device pixels. */
function surface(canvas, height) {
  const width = Math.max(1, canvas.parentElement.clientWidth);
  const ratio = devicePixelRatio || 1;
  styled(Object.assign(canvas, { width: width * ratio, height: height * ratio }), { height: `${height}px` });
  const c = canvas.getContext('2d');
  c.scale(ratio, ratio);
  Object.assign(c, { font: '11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif', textBaseline: 'middle' });
  return { c, width, height };
}

/** What the style sheet's colours are now; a canvas cannot read light-dark(). */
function inks() {
  const read = (name) => getComputedStyle(styled($('ink-probe'), { color: `var(--${name})` })).color;
  return Object.fromEntries(['paper', 'wash', 'line', 'edge', 'muted', 'ink', 'accent', 'bad', 'warn'].map((name) => [name, read(name)]));
}

function write(c, text, x, y, fillStyle, textAlign = 'left', halo = null) {
  Object.assign(c, { fillStyle, textAlign, strokeStyle: halo, lineWidth: 3, lineJoin: 'round' });
  if (halo) c.strokeText(text, x, y);
  c.fillText(text, x, y);
}

function hairline(c, x1, y1, x2, y2, strokeStyle, dash = []) {
  Object.assign(c, { strokeStyle, lineWidth: 1 });
  c.setLineDash(dash);
  c.beginPath();
  c.moveTo(x1, y1);
  c.lineTo(x2, y2);
  c.stroke();
  c.setLineDash([]);
}

/** Calls back for about `most` round values in between, with the decimals that they need. */
function steps(low, high, most, each) {
  const least = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= least);
  for (let value = Math.ceil(low / step) * step; value < high; value += step) each(value, clamp(Math.ceil(-Math.log10(step)), 0, 10));
}

/** Diagonal lines: what a fallback answered is not what the model says. */
function hatch(c, colour) {
  const tile = Object.assign(document.createElement('canvas'), { width: 6, height: 6 });
  for (const shift of [-6, 0, 6]) hairline(tile.getContext('2d'), shift, 6, shift + 6, 0, colour);
  return c.createPattern(tile, 'repeat');
}

// --- chart

const GUTTER = 66; // the price axis and the names of the lanes
const FUTURE = 46; // room for the forecast interval

/** What the last drawing put where; the pointer is looked up in it. */
let plot = null;

function layout(width) {
  const [price, shares] = width < 520 ? [210, 100] : [300, 130];
  const lane = (top, height) => ({ top, height });
  return { price: lane(4, price), predicted: lane(price + 10, 14), came: lane(price + 26, 14), wrong: lane(price + 43, 8), abstained: lane(price + 55, 8),
    shares: lane(price + 72, shares), axis: price + 74 + shares, height: price + 94 + shares };
}

function renderChart() {
  const bars = state.bars?.bars ?? [];
  const places = layout($('plot').clientWidth);
  const { c, width } = surface($('canvas'), places.height);
  fill('legend', classes().map((name) => el('li', named(name))));
  $('canvas').hidden = !($('plot-empty').hidden = bars.length > 0);
  setText($('plot-empty'), state.problems.bars ? `Bars could not be fetched: ${state.problems.bars.message}.` : state.symbol === null || state.bars ? 'No bars yet.' : 'Asking for bars …');
  if (!bars.length) { plot = null; fill('readout'); setText($('chart-summary'), 'No bars.'); return; }
  const last = bars.at(-1);
  const interval = state.regime?.timestamp === last.close_time ? state.regime.forecast_interval : null;
  const step = (width - GUTTER - (interval ? FUTURE : 6)) / Math.max(bars.length, 20);
  plot = { ...places, c, edge: width - GUTTER, bars, step, end: bars.length * step, ink: inks(), last: last.close, x: (index) => (index + 0.5) * step,
    reach: interval && [interval.low, interval.high].map((value) => last.close * Math.exp(value)), ahead: interval?.horizon };
  scalePrices(plot);
  for (const drawPart of [drawTint, drawPriceAxis, drawForecast, drawCandles, drawLanes, drawShares, drawTimes, drawCrosshair]) drawPart(plot);
  fill('readout', barWords(bars.at(cursorIndex())).map(([name, value]) => el('span', `${name} `, el('b', value))));
  setText($('chart-summary'), chartSummary(bars));
}

function scalePrices(plot) {
  const { bars, reach, price: pane } = plot;
  const low = Math.min(...bars.map((bar) => bar.low), ...(reach ?? []));
  const high = Math.max(...bars.map((bar) => bar.high), ...(reach ?? []));
  const margin = (high - low) * 0.05 || high * 0.01 || 1;
  Object.assign(plot, { low: low - margin, high: high + margin });
  plot.y = (value) => pane.top + pane.height * (1 - (value - plot.low) / (plot.high - plot.low));
}

/** Calls back with place and width of each stretch of bars with the same key; not for those without. */
function runs({ bars, step }, keyOf, each) {
  for (let from = 0, to; from < bars.length; from = to) {
    const key = keyOf(bars[from]);
    for (to = from + 1; to < bars.length && keyOf(bars[to]) === key;) to += 1;
    if (key) each(key, from * step, (to - from) * step);
  }
}

function fillRuns(plot, pane, keyOf, styleOf) {
  runs(plot, keyOf, (key, x, width) => {
    plot.c.fillStyle = styleOf(key);
    plot.c.fillRect(x, pane.top, width, pane.height);
  });
}

const fallbackOf = (bar) => bar.fallback_level;

function drawTint(plot) {
  const { c, price: pane, ink } = plot;
  const lines = hatch(c, ink.edge);
  c.globalAlpha = 0.17;
  fillRuns(plot, pane, (bar) => bar.regime, colourOf);
  c.globalAlpha = 0.4;
  fillRuns(plot, pane, fallbackOf, () => lines);
  c.globalAlpha = 1;
  runs(plot, fallbackOf, (level, x, width) => write(c, width > 64 ? `fallback ${level}` : width > 16 ? `F${level}` : '', x + 3, pane.top + 9, ink.ink, 'left', ink.paper));
}

function drawPriceAxis({ c, ink, price: pane, low, high, y, edge, last }) {
  steps(low, high, pane.height / 45, (value, places) => {
    hairline(c, 0, y(value), edge, y(value), ink.line);
    if (Math.abs(y(value) - y(last)) > 14) write(c, decimals(value, places), edge + 6, y(value), ink.muted);
  });
  hairline(c, 0, y(last), edge, y(last), ink.edge, [2, 3]);
  priceTag(c, price(last), edge, y(last), ink.ink, ink.paper);
}

function priceTag(c, text, edge, y, back, front) {
  c.fillStyle = back;
  c.fillRect(edge + 2, y - 8, GUTTER - 2, 16);
  write(c, text, edge + 6, y, front);
}

/** A wedge from the newest close to where the price should lie. */
function drawForecast({ c, ink, reach, ahead, last, bars, x, y }) {
  if (!reach) return;
  const [from, to] = [x(bars.length - 1), x(bars.length - 1) + FUTURE - 4];
  c.beginPath();
  c.moveTo(from, y(last));
  reach.forEach((end) => c.lineTo(to, y(end)));
  Object.assign(c, { fillStyle: ink.accent, globalAlpha: 0.3 });
  c.fill();
  c.globalAlpha = 1;
  write(c, `+${ahead}`, to, y(reach[1]) - 8, ink.accent, 'right', ink.paper);
}

/** In ink, since colours belong to the regimes. Hollow, or grey where there is no room: up. */
function drawCandles({ c, ink, bars, step, x, y }) {
  const body = clamp(Math.floor(step * 0.7), 1, 14);
  bars.forEach((bar, index) => {
    const centre = Math.round(x(index));
    const left = centre - Math.floor(body / 2);
    const up = bar.close >= bar.open;
    const top = y(Math.max(bar.open, bar.close));
    const height = Math.max(1, y(Math.min(bar.open, bar.close)) - top);
    c.fillStyle = up && body < 4 ? ink.muted : ink.ink;
    c.fillRect(centre, y(bar.high), 1, Math.max(1, y(bar.low) - y(bar.high)));
    c.fillRect(left, top, body, height);
    c.fillStyle = ink.paper;
    if (up && body >= 4 && height > 2) c.fillRect(left + 1, top + 1, body - 2, height - 2);
  });
}

function drawLanes(plot) {
  const { c, ink } = plot;
  lane(plot, 'predicted', (bar) => bar.regime, hatch(c, ink.paper));
  lane(plot, 'came', (bar) => bar.outcome);
  ticks(plot, 'wrong', ink.bad, (bar) => bar.outcome && bar.regime && bar.outcome !== bar.regime);
  ticks(plot, 'abstained', ink.muted, (bar) => bar.prediction_set && bar.prediction_set.length !== 1);
}

function lane(plot, name, keyOf, lines = null) {
  const { c, ink, edge, end, [name]: pane } = plot;
  const middle = pane.top + pane.height / 2 + 0.5;
  c.fillStyle = ink.wash;
  c.fillRect(0, pane.top, end, pane.height);
  fillRuns(plot, pane, keyOf, colourOf);
  if (lines) fillRuns(plot, pane, fallbackOf, () => lines);
  runs(plot, keyOf, (key, x, width) => {
    if (c.measureText(words(key)).width + 8 < width) write(c, words(key), x + 4, middle, inkOn(colourOf(key)), 'left', colourOf(key));
  });
  write(c, name, edge + 6, middle, ink.muted);
}

function ticks(plot, label, colour, is) {
  const { c, ink, bars, step, edge, end, [label]: pane } = plot;
  hairline(c, 0, pane.top + pane.height, end, pane.top + pane.height, ink.line);
  c.fillStyle = colour;
  bars.forEach((bar, index) => { if (is(bar)) c.fillRect(index * step, pane.top, Math.max(1, step - 0.5), pane.height); });
  write(c, label, edge + 6, pane.top + pane.height / 2, ink.muted);
}

/** Probabilities on top of each other, the first class at the bottom. */
function drawShares({ c, ink, bars, step, end, edge, shares: pane }) {
  const names = classes();
  c.fillStyle = ink.wash;
  c.fillRect(0, pane.top, end, pane.height);
  bars.forEach(({ probabilities: said }, index) => {
    let foot = pane.top + pane.height;
    if (said?.length === names.length) said.forEach((share, k) => {
      c.fillStyle = colourOf(names[k]);
      c.fillRect(index * step, foot -= share * pane.height, Math.min(step + 0.5, end - index * step), share * pane.height);
    });
  });
  for (const share of [0, 0.5, 1]) write(c, percent(share, 0), edge + 6, pane.top + 7 + (pane.height - 14) * (1 - share), ink.muted);
  hairline(c, 0, pane.top + pane.height / 2, end, pane.top + pane.height / 2, ink.paper, [2, 4]);
}

const DAY = 86_400_000;
const TIMES = [1 / 1440, 1 / 288, 1 / 96, 1 / 48, 1 / 24, 1 / 12, 1 / 6, 1 / 3, 1, 2, 7, 30, 90, 365].map((days) => days * DAY);

function drawTimes({ c, ink, bars, step, axis, edge }) {
  const length = bars.at(-1).close_time - bars.at(-1).open_time || 60_000;
  const every = TIMES.find((ms) => (ms / length) * step >= 64) ?? TIMES.at(-1);
  let free = 0;
  for (let index = 1; index < bars.length; index += 1) {
    const [before, at] = [bars[index - 1].open_time, bars[index].open_time];
    const x = index * step;
    if (Math.floor(at / every) === Math.floor(before / every) || x < free) continue;
    const newDay = day(at) !== day(before);
    const text = every >= 30 * DAY ? day(at).slice(0, 7) : newDay ? day(at).slice(5) : minute(at);
    free = x + c.measureText(text).width + 8;
    hairline(c, x, axis, x, axis + 4, ink.edge);
    if (free < edge) write(c, text, x, axis + 12, newDay ? ink.ink : ink.muted);
  }
  write(c, 'UTC', edge + 6, axis + 12, ink.muted);
}

/** −1 when there is no crosshair. */
const cursorIndex = () => (plot && state.cursor !== null ? plot.bars.findIndex((bar) => bar.open_time === state.cursor) : -1);

function drawCrosshair({ c, ink, bars, x, y, price: pane, axis, edge }) {
  const index = cursorIndex();
  if (index < 0) return;
  const { close } = bars[index];
  hairline(c, x(index), pane.top, x(index), axis, ink.ink, [3, 3]);
  hairline(c, 0, y(close), edge, y(close), ink.ink, [3, 3]);
  priceTag(c, price(close), edge, y(close), ink.accent, ink.paper);
}

/** One bar in words, for the line above the chart and for screen readers. */
function barWords(bar) {
  const { regime, outcome, prediction_set: set } = bar;
  return [
    ['', `${day(bar.open_time)} ${minute(bar.open_time)} to ${minute(bar.close_time)} UTC`],
    ...['open', 'high', 'low', 'close'].map((name) => [name, price(bar[name])]), ['volume', decimals(bar.volume, bar.volume < 100 ? 2 : 0)],
    ['predicted', regime ? `${words(regime)} ${percent(bar.confidence, 0)}` : 'nothing'],
    regime && ['came', outcome ? `${words(outcome)}, ${outcome === regime ? 'right' : 'wrong'}` : 'not known yet'],
    set && set.length !== 1 && ['abstained', set.length ? set.map(words).join(' or ') : 'no class is likely enough'],
    bar.fallback_level > 0 && ['fallback level', String(bar.fallback_level)],
  ].filter(Boolean);
}

function chartSummary(bars) {
  const said = bars.filter((bar) => bar.regime);
  const known = said.filter((bar) => bar.outcome);
  const share = (name) => `${words(name)} ${percent(said.filter((bar) => bar.regime === name).length / said.length, 0)}`;
  return `${bars.length} bars of ${state.symbol} from ${moment(bars[0].open_time)} to ${moment(bars.at(-1).close_time)}, close ${price(bars[0].close)} to ${price(bars.at(-1).close)}. `
    + `${said.length ? `Predicted: ${classes().map(share).join(', ')}` : 'No predictions'}. ${known.filter((bar) => bar.outcome === bar.regime).length} of ${known.length} known outcomes were right.`;
}

function moveCursor(index) {
  state.cursor = plot.bars[clamp(index, 0, plot.bars.length - 1)].open_time;
  changed('cursor');
}

function hideCursor() {
  state.cursor = null;
  changed('cursor');
}

function onPlotKey(event) {
  if (!plot || event.ctrlKey || event.metaKey || event.altKey) return;
  const last = plot.bars.length - 1;
  const at = cursorIndex() < 0 ? last : cursorIndex();
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, PageUp: at - 10, PageDown: at + 10, Home: 0, End: last }[event.key];
  if (event.key === 'Escape') return hideCursor();
  if (to === undefined) return;
  moveCursor(to);
  announce(barWords(plot.bars[clamp(to, 0, last)]).map((pair) => pair.join(' ').trim()).join(', '));
  event.preventDefault();
}

function onPlotPointer(event) {
  if (plot) moveCursor(Math.floor((event.clientX - $('canvas').getBoundingClientRect().left) / plot.step));
}

// --- token and theme

function askForToken() {
  if (state.needsToken) return;
  if (recall('sessionStorage', 'token')) setText($('token-message'), 'The server refused the token. Please check it and try again.');
  state.needsToken = true;
  changed('token');
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
  $('token-form').hidden = !state.needsToken;
  $('main').hidden = state.needsToken && !state.status;
  if (state.needsToken) $('token').focus();
}

const THEMES = ['auto', 'light', 'dark'];

function setTheme(theme) {
  if (theme === 'auto') delete root.dataset.theme;
  else root.dataset.theme = theme;
  remember('localStorage', 'theme', theme);
  setText($('theme'), `Theme: ${theme}`);
  changed('all');
}

const nextTheme = () => setTheme(THEMES[(THEMES.indexOf(root.dataset.theme ?? 'auto') + 1) % 3]);

// --- start

/** Each view and the keys of the state that it depends on. */
const views = [
  [renderToken, 'token'],
  [renderHeader, 'status', 'stream', 'symbol', 'regime'],
  [renderBanners, 'status', 'stream', 'regime'],
  [renderSymbols, 'status', 'rows', 'symbol'],
  [renderNow, 'status', 'symbol', 'regime', 'signal', 'bars'],
  [renderChart, 'bars', 'regime', 'symbol', 'cursor'],
  [renderMembers, 'status', 'regime', 'monitoring', 'symbol'],
  [renderRecord, 'status', 'monitoring', 'symbol'],
  [renderHistory, 'summary', 'status', 'symbol'],
  [renderDrift, 'monitoring', 'symbol', 'features'],
  [renderAlerts, 'monitoring'],
  [renderHealth, 'status', 'symbol', 'rows'],
];

const on = (target, type, listener) => target.addEventListener(type, listener);

function listen() {
  on($('theme'), 'click', nextTheme);
  on($('token-form'), 'submit', onToken);
  on($('symbol-button'), 'click', () => openSymbols(!$('symbols').classList.contains('open')));
  on($('symbols'), 'keydown', onSearchKey);
  on($('search'), 'input', onSearch);
  on($('plot'), 'keydown', onPlotKey);
  on($('plot'), 'pointermove', onPlotPointer);
  on($('plot'), 'pointerdown', onPlotPointer);
  on($('plot'), 'pointerleave', (event) => { if (event.pointerType === 'mouse') hideCursor(); });
  on($('limit'), 'change', () => { state.limit = Number($('limit').value); if (state.symbol !== null) loaders.bars(); });
  on($('more-features'), 'click', () => { state.allFeatures = !state.allFeatures; changed('features'); });
  on(document, 'visibilitychange', () => { if (!document.hidden) { poll(); if (state.stream === 'lost') wake(); } });
  on(window, 'online', () => wake());
  on(matchMedia('(prefers-color-scheme: dark)'), 'change', () => changed('all'));
  new ResizeObserver(() => changed('bars', 'summary')).observe($('plot'));
}

$('limit').value = state.limit;
listen();
setTheme(THEMES.includes(recall('localStorage', 'theme')) ? recall('localStorage', 'theme') : 'auto');
tick();
setInterval(tick, 1000);
setInterval(poll, POLL_MS);
follow();
