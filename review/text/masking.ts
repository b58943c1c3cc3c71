import { HIDDEN, withoutKeys } from '../../plan/secret-shapes.ts';

const KEY_BEGINS = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/;
const KEY_ENDS = /-----END (?:[A-Z]+ )*PRIVATE KEY-----/;
/** A line of a key's body, whatever sign, quote or indent stands before it. */
const BODY = /[A-Za-z0-9+/=]{16,}/g;
const MOST_BODY_LINES = 200;

/** The text with everything taken out that has the shape of a secret. Its lines stay as many as they were. */
export function masked(text: string): string {
  if (!KEY_BEGINS.test(text)) return text.split('\n').map(withoutKeys).join('\n');
  let left = 0;
  const lines = text.split('\n').map((line) => {
    if (KEY_BEGINS.test(line)) left = MOST_BODY_LINES;
    const clean = left > 0 ? line.replace(BODY, HIDDEN) : line;
    left = KEY_ENDS.test(line) ? 0 : left - 1;
    return withoutKeys(clean);
  });
  return lines.join('\n');
}
