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
  const added: string[] = [];
  const present = new Map<string, unknown>();
  for (const key of Object.keys(members)) {
    if (Object.hasOwn(parsed, key)) present.set(key, members[key]);
    else added.push(`${JSON.stringify(key)}:${JSON.stringify(members[key])}`);
  }
  if (added.length === 0 && present.size === 0) return json;
  const open = json.indexOf(OPEN_BRACE);
  const separator = added.length > 0 && Object.keys(parsed).length > 0 ? ',' : '';
  const head = Buffer.from(`{${added.join(',')}${separator}`);
  if (present.size === 0) return Buffer.concat([head, json.subarray(open + 1)]);
  return Buffer.concat([head, ...replaceMembers(json, open + 1, present)]);
}

/**
 * Where the elements of an array stand that is a member of a JSON object. Of members with one name the last counts,
 * as in `JSON.parse`. Empty if the member is absent or no array.
 */
export function elementsOf(json: Buffer, name: string): { readonly start: number; readonly end: number }[] {
  let elements: { readonly start: number; readonly end: number }[] = [];
  for (const { key, start } of membersOf(json))
    if (key === name) elements = json[start] === OPEN_BRACKET ? arrayElements(json, start) : [];
  return elements;
}

function* membersOf(
  json: Buffer,
): Generator<{ readonly key: unknown; readonly start: number; readonly end: number }> {
  let at = afterSpace(json, json.indexOf(OPEN_BRACE) + 1);
  while (json[at] !== CLOSE_BRACE) {
    const keyEnd = endOfString(json, at);
    const key: unknown = JSON.parse(json.toString('utf8', at, keyEnd));
    const start = afterSpace(json, afterSpace(json, keyEnd) + 1);
    const end = endOfValue(json, start);
    yield { key, start, end };
    at = afterComma(json, end);
  }
}

function arrayElements(json: Buffer, open: number): { readonly start: number; readonly end: number }[] {
  const elements: { readonly start: number; readonly end: number }[] = [];
  let start = afterSpace(json, open + 1);
  while (json[start] !== CLOSE_BRACKET) {
    const end = endOfValue(json, start);
    elements.push({ start, end });
    start = afterComma(json, end);
  }
  return elements;
}

function afterComma(json: Buffer, end: number): number {
  const at = afterSpace(json, end);
  return json[at] === COMMA ? afterSpace(json, at + 1) : at;
}

function replaceMembers(json: Buffer, from: number, members: ReadonlyMap<string, unknown>): Buffer[] {
  const parts: Buffer[] = [];
  let copied = from;
  for (const { key, start, end } of membersOf(json)) {
    if (typeof key !== 'string' || !members.has(key)) continue;
    parts.push(json.subarray(copied, start), Buffer.from(JSON.stringify(members.get(key))));
    copied = end;
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
