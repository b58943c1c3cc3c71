import { isMap, isNode, isPair, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

/** The line, from 1, on which a path stands in an environment file; for a missing key, that of its parent. */
export function lineOf(text: string, path: readonly string[]): number {
  const lines = new LineCounter();
  let node: unknown = parseDocument(text, { lineCounter: lines }).contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const key of path) {
    const next = childOf(node, key);
    if (next === undefined) break;
    offset = next.at.range?.[0] ?? offset;
    node = next.value;
  }
  return Math.max(1, lines.linePos(offset).line);
}

function childOf(node: unknown, key: string): { readonly at: Node; readonly value: unknown } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(key)];
    return isNode(item) ? { at: item, value: item } : undefined;
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => isPair(item) && isNode(item.key) && String(item.key) === key);
  return pair !== undefined && isNode(pair.key) ? { at: pair.key, value: pair.value } : undefined;
}
