import { masked } from './masking.ts';

const CODE = /`([^`\n]+)`/g;
/** What GitHub makes a link, a mention or a reference of, also in plain text. */
const LIVE = /[^\s`]*(?:@|:\/\/|www\.|mailto:|xmpp:|#\d|\bGH-\d)[^\s`]*/gi;
const MARKS = /[\\`*_{}[\]()<>#+\-.!|~&:$=^]/g;
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A text of the model's making as Markdown that says it and does nothing: no link, image, mention, HTML or comment. */
export function inert(text: string, most = 2_000): string {
  const clean = visible(masked(text)).trim();
  const short = clean.length > most ? `${clean.slice(0, most)} …` : clean;
  const parts: string[] = [];
  let at = 0;
  for (const found of short.matchAll(CODE)) {
    parts.push(plain(short.slice(at, found.index)), code(found[1] ?? ''));
    at = found.index + found[0].length;
  }
  return [...parts, plain(short.slice(at))].join('');
}

/** The same on one line. */
export function inertLine(text: string, most = 200): string {
  return inert(text.replace(/\s+/g, ' '), most);
}

/** A path or a word as code. Code spans are read for nothing, neither links nor mentions. */
export function code(text: string): string {
  const clean = visible(text).replaceAll('`', '´').replace(/\s+/g, ' ');
  return `\`${clean.trim() === '' ? ' ' : clean}\``;
}

/** A block that no line of it can end. */
export function block(text: string, language: string): string {
  const clean = masked(text).replace(INVISIBLE, (one) => (one === '\t' || one === '\n' ? one : '�'));
  const longest = Math.max(2, ...[...clean.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${clean.replace(/\n$/, '')}\n${fence}`;
}

function plain(text: string): string {
  const parts: string[] = [];
  let at = 0;
  for (const found of text.matchAll(LIVE)) {
    parts.push(escaped(text.slice(at, found.index)), code(found[0]));
    at = found.index + found[0].length;
  }
  return [...parts, escaped(text.slice(at))].join('');
}

function escaped(text: string): string {
  return text
    .replace(MARKS, '\\$&')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^[ \t]+/gm, '');
}

/** Without characters that nobody sees: what a reader judges is what is there. */
export function visible(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(INVISIBLE, (one) => (one === '\n' ? one : one === '\t' ? ' ' : ''));
}
