/**
 * The simulator's own tokenizer. It is NOT o200k: it is a cheap, deterministic stand-in with a similar density
 * (about four characters a token in English), linear in the length of the text and without a vocabulary.
 *
 * A piece is, with one leading space if there is one: up to 6 letters, up to 3 digits, or up to 3 other signs;
 * or up to 8 white-space characters; or one character from U+2E80 on (Chinese, Japanese, Korean, emoji).
 * Its token id is a hash of its characters. Text that looks like a special token is text like any other: special
 * tokens have the ids below {@link FIRST_TEXT_ID}, which no text can reach.
 */

/** Ids below this one are special tokens (see prompt.ts). */
export const FIRST_TEXT_ID = 256;

const LETTER = 1;
const DIGIT = 2;
const SIGN = 3;
const SPACE = 4;
const WIDE = 5;

const MAX_LENGTH = [0, 6, 3, 3, 8, 1] as const;

function classOf(code: number): 1 | 2 | 3 | 4 | 5 {
  if (code >= 0x2e80) return WIDE;
  if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code >= 0xc0) return LETTER;
  if (code === 32 || (code >= 9 && code <= 13) || code === 0xa0) return SPACE;
  if (code >= 48 && code <= 57) return DIGIT;
  return SIGN;
}

const isHighSurrogate = (code: number) => code >= 0xd800 && code <= 0xdbff;

function pieceEnd(text: string, start: number): number {
  let position = start;
  let kind = classOf(text.charCodeAt(position));
  if (kind === SPACE) {
    const next = position + 1 < text.length ? classOf(text.charCodeAt(position + 1)) : SPACE;
    const leadsWord = text.charCodeAt(position) === 32 && next !== SPACE && next !== WIDE;
    if (leadsWord) {
      position += 1;
      kind = next;
    }
  }
  if (kind === WIDE)
    return Math.min(text.length, position + (isHighSurrogate(text.charCodeAt(position)) ? 2 : 1));
  const limit = Math.min(text.length, position + MAX_LENGTH[kind]);
  const runStart = position;
  position += 1;
  while (position < limit && classOf(text.charCodeAt(position)) === kind) position += 1;
  const leavesSpaceToWord =
    kind === SPACE &&
    position - runStart > 1 &&
    position < text.length &&
    text.charCodeAt(position - 1) === 32 &&
    classOf(text.charCodeAt(position)) !== SPACE;
  return leavesSpaceToWord ? position - 1 : position;
}

/** The text cut into its tokens; joined, they are the text again. */
export function pieces(text: string): string[] {
  const result: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = pieceEnd(text, start);
    result.push(text.slice(start, end));
    start = end;
  }
  return result;
}

/** The token ids of a text, one for each of its {@link pieces}. */
export function tokenIds(text: string): number[] {
  const result: number[] = [];
  for (let start = 0; start < text.length; ) {
    const end = pieceEnd(text, start);
    let hash = 0x811c9dc5;
    for (let index = start; index < end; index += 1)
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    result.push(FIRST_TEXT_ID + ((hash >>> 0) % (2 ** 32 - FIRST_TEXT_ID)));
    start = end;
  }
  return result;
}
