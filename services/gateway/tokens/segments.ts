/**
 * The tokenizer's time grows with the square of an unbroken run: 45,000 Chinese characters in one run took it 12 s.
 * Longer runs are cut. Each cut can add a token or two, so a count is never too low by it.
 */
const LONGEST_RUN = 128;

/** The text cut so that no run of spaces, or of anything else, is long. Joined, it is the text again. */
export function segments(text: string, longestRun = LONGEST_RUN): string[] {
  const cuts: string[] = [];
  let start = 0;
  let run = 0;
  let wasSpace = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const isSpace = code <= 0x20 || code === 0xa0;
    if (isSpace !== wasSpace) run = 0;
    wasSpace = isSpace;
    if (run >= longestRun && !isLowSurrogate(code)) {
      cuts.push(text.slice(start, at));
      start = at;
      run = 0;
    }
    run += 1;
  }
  cuts.push(text.slice(start));
  return cuts;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
