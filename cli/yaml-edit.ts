import { isMap, isNode, isScalar, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';
import { Failure } from './errors.ts';

type Path = readonly [string, ...string[]];

/**
 * A YAML text with one scalar set; every other byte, comments and order among them, stays as it is. A key that is
 * not there yet becomes the last of its mapping, which must exist.
 * @param value as it shall stand in the file
 * @throws Failure where that cannot be done in place
 */
export function setScalar(text: string, path: Path, value: string): string {
  const expected = withChange(parseDocument(text).toJS(), path, parseDocument(value).toJS());
  return checked(spliceScalar(text, path, value), expected, path);
}

/**
 * A YAML text without one key, its value and the comment on its line.
 * @throws Failure where that cannot be done in place
 */
export function removeKey(text: string, path: Path): string {
  const expected = withChange(parseDocument(text).toJS(), path, undefined);
  return checked(spliceOut(text, path), expected, path);
}

function spliceScalar(text: string, path: Path, value: string): string {
  const map = mapAt(text, path.slice(0, -1));
  const key = path.at(-1) ?? '';
  if (map === undefined) return text;
  const old = pairOf(map, key);
  if (old !== undefined) {
    const [start, end] = rangeOf(old.value);
    return isScalar(old.value) ? text.slice(0, start) + value + text.slice(end) : text;
  }
  const last = map.items.at(-1);
  if (last === undefined) return text;
  const [start] = rangeOf(last.key);
  const [, end] = rangeOf(last.value);
  if (map.flow === true) return `${text.slice(0, end)}, ${key}: ${value}${text.slice(end)}`;
  const indent = start - (text.lastIndexOf('\n', start - 1) + 1);
  const line = endOfLine(text, Math.max(start, end - 1));
  const before = text[line - 1] === '\n' ? '' : '\n';
  return `${text.slice(0, line)}${before}${' '.repeat(indent)}${key}: ${value}\n${text.slice(line)}`;
}

function spliceOut(text: string, path: Path): string {
  const map = mapAt(text, path.slice(0, -1));
  const pair = map === undefined ? undefined : pairOf(map, path.at(-1) ?? '');
  if (map === undefined || pair === undefined || map.items.length < 2) return text;
  const [start] = rangeOf(pair.key);
  const [, end] = rangeOf(pair.value);
  if (map.flow === true) {
    const comma = /^\s*,\s*/.exec(text.slice(end));
    if (comma !== null) return text.slice(0, start) + text.slice(end + comma[0].length);
    return text.slice(0, start).replace(/,\s*$/, '') + text.slice(end);
  }
  const begin = text.lastIndexOf('\n', start - 1) + 1;
  return text.slice(0, begin) + text.slice(endOfLine(text, Math.max(start, end - 1)));
}

/** The offset after the line break that ends a line. */
function endOfLine(text: string, offset: number): number {
  const newline = text.indexOf('\n', offset);
  return newline === -1 ? text.length : newline + 1;
}

function mapAt(text: string, path: readonly string[]): YAMLMap | undefined {
  const found = path.length === 0 ? parseDocument(text).contents : parseDocument(text).getIn(path, true);
  return isMap(found) ? found : undefined;
}

function pairOf(map: YAMLMap, key: string): Pair<Node, Node> | undefined {
  return map.items.find((pair): pair is Pair<Node, Node> => isNode(pair.key) && String(pair.key) === key);
}

function rangeOf(node: unknown): readonly [number, number] {
  const range = isNode(node) ? node.range : undefined;
  return range == null ? [0, 0] : [range[0], range[1]];
}

function withChange(value: unknown, [key, ...rest]: readonly string[], change: unknown): unknown {
  if (key === undefined) return change;
  const { [key]: before, ...others } = (value ?? {}) as Record<string, unknown>;
  const after = withChange(before, rest, change);
  return after === undefined ? others : { ...others, [key]: after };
}

function checked(edited: string, expected: unknown, path: Path): string {
  const after = parseDocument(edited);
  if (after.errors.length === 0 && sorted(after.toJS()) === sorted(expected)) return edited;
  throw new Failure(`${path.join('.')} cannot be changed in place; change it by hand`);
}

/** JSON with its keys in order, so that only the content is compared. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}
