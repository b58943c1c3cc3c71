import { isAlias, isMap, isScalar, parseDocument } from 'yaml';
import { Failure } from './errors.ts';

/**
 * The text of an environment file with one value set, `section.key: value`; every other byte stays as it is.
 * @throws Failure where that cannot be done in place
 */
export function setValue(text: string, [section, key]: readonly [string, string], value: string): string {
  const edited = splice(text, section, key, value);
  const before = parseDocument(text).toJS();
  const expected = { ...before, [section]: { ...before?.[section], [key]: value } };
  const after = parseDocument(edited);
  if (after.errors.length > 0 || sorted(after.toJS()) !== sorted(expected))
    throw new Failure(`${section}.${key} cannot be written in place; write by hand: ${value}`);
  return edited;
}

function splice(text: string, section: string, key: string, value: string): string {
  const document = parseDocument(text);
  const map = document.get(section, true);
  const insert = (at: number, words: string, until = at) => text.slice(0, at) + words + text.slice(until);
  if (map === undefined || (isScalar(map) && map.value === null && !document.has(section)))
    return `${text.replace(/\n*$/, '\n')}\n${section}:\n  ${key}: ${value}\n`;
  if (!isMap(map) || isAlias(map)) return text;
  const old = map.get(key, true);
  if (isScalar(old) && old.range) {
    const quote = old.type === 'QUOTE_DOUBLE' ? '"' : old.type === 'QUOTE_SINGLE' ? "'" : '';
    return insert(old.range[0], `${quote}${value}${quote}`, old.range[1]);
  }
  const start = map.range?.[0];
  if (start === undefined || old !== undefined) return text;
  if (map.flow === true) return insert(start + 1, ` ${key}: ${value}${map.items.length > 0 ? ',' : ' '}`);
  const indent = start - (text.lastIndexOf('\n', start - 1) + 1);
  return insert(start, `${key}: ${value}\n${' '.repeat(indent)}`);
}

/** JSON with its keys in order, so that only the content is compared. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}
