const ESCAPES: Readonly<Record<string, number>> = {
  ...{ a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 },
  ...{ '"': 34, '\\': 92 },
};

/** A path as git writes it: plain, or in quotes with C's escapes, whose octal ones are bytes of UTF-8. */
export function unquoted(text: string): string {
  if (!text.startsWith('"') || !text.endsWith('"') || text.length < 2) return text;
  const bytes: number[] = [];
  const inner = Buffer.from(text.slice(1, -1), 'utf8');
  for (let at = 0; at < inner.length; at += 1) {
    const byte = inner[at] ?? 0;
    if (byte !== 92) {
      bytes.push(byte);
      continue;
    }
    const octal = /^[0-3][0-7]{2}/.exec(inner.toString('latin1', at + 1, at + 4))?.[0];
    bytes.push(
      octal === undefined
        ? (ESCAPES[String.fromCharCode(inner[at + 1] ?? 0)] ?? 92)
        : Number.parseInt(octal, 8),
    );
    at += octal === undefined ? 1 : 3;
  }
  return Buffer.from(bytes).toString('utf8');
}

/** The path of a `---` or `+++` line; undefined for /dev/null. A plain name with a blank has a tab after it. */
export function pathOfMarker(text: string): string | undefined {
  const name = unquoted(text.replace(/\t?\r?$/, ''));
  return name === '/dev/null' ? undefined : withoutPrefix(name);
}

/**
 * The one path of `a/name b/name`, where no other line names it: files that are empty, binary, or of another mode only.
 * Undefined where the two differ, which git says in lines of their own.
 */
export function pathOfHeader(text: string): string | undefined {
  const quoted = /^("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")$/.exec(text);
  const half = (text.length - 1) / 2;
  const [from, to] =
    quoted === null ? [text.slice(0, half), text.slice(half + 1)] : [quoted[1] ?? '', quoted[2] ?? ''];
  const [before, after] = [withoutPrefix(unquoted(from)), withoutPrefix(unquoted(to))];
  return before === after ? after : undefined;
}

function withoutPrefix(name: string): string {
  return name.replace(/^[ab]\//, '');
}
