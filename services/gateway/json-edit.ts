const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const SPACE = 0x20;

/**
 * Replaces or adds members of a JSON object and leaves every other byte as it is, so that numbers beyond
 * 2^53, spacing and duplicate keys elsewhere survive. `parsed` is the same object after `JSON.parse`.
 */
export function editMembers(
  json: Buffer,
  parsed: Readonly<Record<string, unknown>>,
  members: Readonly<Record<string, unknown>>,
): Buffer {
  const entries = Object.entries(members);
  if (entries.length === 0) return json;
  const present = new Map(entries.filter(([key]) => Object.hasOwn(parsed, key)));
  const added = entries.filter(([key]) => !present.has(key)).map(([key, value]) => member(key, value));
  const open = json.indexOf(OPEN_BRACE);
  const separator = added.length > 0 && Object.keys(parsed).length > 0 ? ',' : '';
  const head = Buffer.from(`{${added.join(',')}${separator}`);
  const rest = present.size === 0 ? [json.subarray(open + 1)] : replaceMembers(json, open + 1, present);
  return Buffer.concat([head, ...rest]);
}

function member(key: string, value: unknown): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}

function replaceMembers(json: Buffer, start: number, members: ReadonlyMap<string, unknown>): Buffer[] {
  const parts: Buffer[] = [];
  let copied = start;
  let at = afterSpace(json, start);
  while (json[at] !== CLOSE_BRACE) {
    const keyEnd = endOfString(json, at);
    const key: unknown = JSON.parse(json.toString('utf8', at, keyEnd));
    const valueStart = afterSpace(json, afterSpace(json, keyEnd) + 1);
    const valueEnd = endOfValue(json, valueStart);
    if (typeof key === 'string' && members.has(key)) {
      parts.push(json.subarray(copied, valueStart), Buffer.from(JSON.stringify(members.get(key))));
      copied = valueEnd;
    }
    at = afterSpace(json, valueEnd);
    if (json[at] === COMMA) at = afterSpace(json, at + 1);
  }
  parts.push(json.subarray(copied));
  return parts;
}

function afterSpace(json: Buffer, start: number): number {
  let at = start;
  while ((json[at] ?? Number.POSITIVE_INFINITY) <= SPACE) at += 1;
  return at;
}

function endOfString(json: Buffer, start: number): number {
  for (let quote = json.indexOf(QUOTE, start + 1); ; quote = json.indexOf(QUOTE, quote + 1)) {
    let escapes = 0;
    while (json[quote - 1 - escapes] === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return quote + 1;
  }
}

function endOfValue(json: Buffer, start: number): number {
  let depth = 0;
  let at = start;
  for (;;) {
    const byte = json[at];
    if (byte === QUOTE) {
      at = endOfString(json, at);
      if (depth === 0) return at;
      continue;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (byte === COMMA || byte === undefined || byte <= SPACE)) return at;
    at += 1;
  }
}
