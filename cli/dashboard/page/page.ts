import 'uplot/dist/uPlot.min.css';
import './page.css';
import { type DashboardAnswer, DEFAULT_RANGE, isRange, RANGES, type Range } from '../answer.ts';
import { type Card, createCard } from './card.ts';
import { createLooks, themeOf } from './theme.ts';

/** Seconds between two readings; longer times change less in them. */
const [OFTEN, SELDOM] = [5, 30];
const LONG = RANGES['6h'];

const chosen = new URLSearchParams(location.search).get('range') ?? '';
let range: Range = isRange(chosen) ? chosen : DEFAULT_RANGE;
let last: DashboardAnswer | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
const cards: Card[] = [];

function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no ${id}`);
  return element;
}

/** Asks again and again; an answer for a range that is no longer chosen is thrown away. */
async function refresh(): Promise<void> {
  clearTimeout(timer);
  const asked = range;
  try {
    const response = await fetch(`/answers?range=${asked}`);
    const answer = (await response.json()) as DashboardAnswer | { error: string };
    if (asked !== range) return;
    if ('error' in answer) fail(answer.error);
    else succeed(answer);
  } catch {
    fail('`fleet dashboard` has ended; this is what it last said');
  }
  timer = setTimeout(refresh, 1000 * (RANGES[range] > LONG ? SELDOM : OFTEN));
}

function succeed(answer: DashboardAnswer): void {
  last = answer;
  byId('failure').hidden = true;
  byId('environment').textContent = answer.environment;
  document.title = `${answer.environment} · gpt-oss-fleet`;
  const at = new Date((answer.times.at(-1) ?? 0) * 1000).toLocaleTimeString('en-GB');
  byId('state').textContent = `as of ${at}`;
  byId('state').classList.remove('stale');
  render();
}

function fail(message: string): void {
  byId('failure').hidden = false;
  byId('failure').textContent = last === undefined ? message : `${message}. What you see is older.`;
  byId('state').classList.add('stale');
}

function render(): void {
  if (last === undefined) return;
  const theme = themeOf(document.documentElement);
  const looksOf = createLooks(theme);
  for (const [index, answer] of last.answers.entries()) {
    let card = cards[index];
    if (card === undefined) {
      card = createCard();
      cards.push(card);
      byId('questions').append(card.element);
    }
    card.show(answer, { theme, looksOf, shown: last, explains: index === 0 });
  }
}

function choose(next: Range): void {
  range = next;
  history.replaceState(null, '', `?range=${range}`);
  for (const button of byId('ranges').querySelectorAll('button'))
    button.ariaPressed = String(button.textContent === range);
  void refresh();
}

for (const name of Object.keys(RANGES).filter(isRange)) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = name;
  button.ariaPressed = String(name === range);
  button.addEventListener('click', () => choose(name));
  byId('ranges').append(button);
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', render);
addEventListener('resize', () => {
  for (const card of cards) card.resize();
});
document.addEventListener('visibilitychange', () => {
  if (document.hidden) clearTimeout(timer);
  else void refresh();
});
void refresh();
