/** A systemd unit file: section → key → values in their order. An empty value does not clear the list. */
export type UnitFile = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** Reads the syntax of systemd.syntax(7) as far as the node's units use it. */
export function parseUnit(text: string): UnitFile {
  const sections = new Map<string, Map<string, string[]>>();
  let section = new Map<string, string[]>();
  for (const line of text.replaceAll(/\\\n\s*/g, '').split('\n')) {
    const header = /^\[(\w+)\]$/.exec(line)?.[1];
    if (header !== undefined) {
      section = new Map();
      sections.set(header, section);
      continue;
    }
    const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    section.set(key, [...(section.get(key) ?? []), value]);
  }
  return sections;
}

/** The words of a list key such as After, over all its lines. */
export function wordsOf(unit: UnitFile, section: string, key: string): string[] {
  return (unit.get(section)?.get(key) ?? []).flatMap((value) => value.split(/\s+/)).filter(Boolean);
}

export function lastOf(unit: UnitFile, section: string, key: string): string | undefined {
  return unit.get(section)?.get(key)?.at(-1);
}

/** `5min`, `1h`, `140` in seconds. */
export function seconds(span: string): number {
  const [, count, unit = 's'] = /^(\d+)(s|min|h)?$/.exec(span) ?? [];
  if (count === undefined) throw new Error(`not a time span: ${span}`);
  return Number(count) * { s: 1, min: 60, h: 3600 }[unit as 's' | 'min' | 'h'];
}

/** The template and the instance of a unit's name: `fleet-vllm@1.service`. */
export function nameOf(name: string): {
  readonly file: string;
  readonly prefix: string;
  readonly instance: string;
} {
  const stem = name.replace(/\.(service|target)$/, '');
  const at = stem.indexOf('@');
  if (at < 0) return { file: name, prefix: stem, instance: '' };
  return {
    file: `${stem.slice(0, at)}@.service`,
    prefix: stem.slice(0, at),
    instance: stem.slice(at + 1),
  };
}

/** Puts a unit's name into its specifiers. */
export function specified(text: string, name: string): string {
  const { prefix, instance } = nameOf(name);
  return text.replaceAll('%p', prefix).replaceAll('%i', instance).replaceAll('%n', name);
}
