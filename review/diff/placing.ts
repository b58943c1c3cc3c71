import type { LineComment } from '../forge.ts';
import type { DiffLine, FileDiff } from './parse.ts';

/** A line of the diff that a comment can stand on. */
export interface Place {
  readonly line: number;
  readonly side: LineComment['side'];
  readonly text: string;
  readonly kind: DiffLine['kind'];
}

/** What a finding says about where it is. */
export interface Claim {
  /** Number of the line as the model was shown it. */
  readonly line: number;
  /** Whether it means a line that was removed. */
  readonly removed: boolean;
  /** The line's text, as the model quotes it. */
  readonly quote: string;
}

/** Every line that a comment can stand on: removed ones on the left, the rest on the right. */
export function placesOf({ hunks }: FileDiff): Place[] {
  return hunks.flatMap(({ lines }) => lines.map(placeOf));
}

export function placeOf({ kind, oldLine, newLine, text }: DiffLine): Place {
  return kind === 'removed'
    ? { line: oldLine ?? 0, side: 'LEFT', text, kind }
    : { line: newLine ?? 0, side: 'RIGHT', text, kind };
}

/**
 * The line that a claim is about: the one that it names if that has the quoted text, else the only changed line, else
 * the only line, that has it, on the side that is meant before the other. Undefined: the diff bears none out.
 */
export function placed(file: FileDiff, { line, removed, quote }: Claim): Place | undefined {
  const wanted = plain(quote);
  if (wanted === '') return undefined;
  const having = placesOf(file).filter(({ text }) => plain(text) === wanted || plain(text).includes(wanted));
  const exact = having.find((place) => place.line === line && (place.side === 'LEFT') === removed);
  if (exact !== undefined) return exact;
  const whole = having.filter(({ text }) => plain(text) === wanted);
  const meant = whole.filter(({ side }) => (side === 'LEFT') === removed);
  const changed = ({ kind }: Place) => kind !== 'context';
  return only(meant.filter(changed)) ?? only(meant) ?? only(whole.filter(changed)) ?? only(whole);
}

/** Without what models change when they quote: blanks, and the sign of the diff. */
export function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function only<Item>(items: readonly Item[]): Item | undefined {
  return items.length === 1 ? items[0] : undefined;
}
