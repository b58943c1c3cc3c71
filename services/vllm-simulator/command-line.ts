import type { Flag } from './flags-from-help.ts';

/** What argparse would refuse: `usage` and `message` as it prints them; the exit code is 2. */
export class CommandLineError extends Error {
  readonly usage: string;

  constructor(usage: string, message: string) {
    super(message);
    this.name = 'CommandLineError';
    this.usage = usage;
  }
}

export type FlagValue = boolean | string | readonly string[];

/** A parsed `vllm serve` command line. */
export interface CommandLine {
  /** The positional model, or `--model`. */
  readonly model?: string;
  /** By flag name with its dashes; only flags that were given. */
  readonly values: ReadonlyMap<string, FlagValue>;
}

const SERVE_USAGE = 'usage: vllm serve [model_tag] [options]';
const VLLM_USAGE = 'usage: vllm [-h] [-v] {serve} ...';

const HUMAN_INT = /^(\d+)(?:(\.\d+)?([kmgt])|([KMGT]))?$/;

/** `1k` is 1000, `1K` is 1024, `25.6k` is 25600 (vLLM's human_readable_int); undefined if it is none. */
export function humanInt(text: string): number | undefined {
  const match = HUMAN_INT.exec(text.trim());
  if (match === null) return /^-?\d+$/.test(text.trim()) ? Number(text) : undefined;
  const [, whole = '', fraction = '', decimal, binary] = match;
  if (decimal) return Math.trunc(Number(whole + fraction) * 1000 ** ('kmgt'.indexOf(decimal) + 1));
  return Number(whole) * 1024 ** (binary ? 'KMGT'.indexOf(binary) + 1 : 0);
}

function isValid(type: NonNullable<Flag['type']>, text: string): boolean {
  switch (type) {
    case 'int':
      return /^\s*[+-]?\d+\s*$/.test(text);
    case 'float':
      return text.trim() !== '' && Number.isFinite(Number(text));
    case 'human-int':
      return humanInt(text) !== undefined;
    case 'human-int-or-auto':
      return text.trim().toLowerCase() === 'auto' || humanInt(text) !== undefined;
  }
}

const TYPE_NAMES = {
  int: 'int',
  float: 'float',
  'human-int': 'human_readable_int',
  'human-int-or-auto': 'human_readable_int_or_auto',
} as const;

const looksLikeFlag = (text: string) =>
  text.startsWith('-') && text !== '-' && !/^-\d+$|^-\d*\.\d+$/.test(text) && !text.includes(' ');

/** Underscores in a flag's name are dashes, up to the first `.` or `=`. */
function normalise(argument: string): string {
  if (!argument.startsWith('--')) return argument;
  const end = /[.=]/.exec(argument)?.index ?? argument.length;
  return argument.slice(0, end).replaceAll('_', '-') + argument.slice(end);
}

interface Found {
  readonly flag: Flag;
  readonly spelling: string;
  readonly attached?: string;
}

/**
 * Reads the arguments of `vllm serve` as vLLM's FlexibleArgumentParser does: `_` for `-`, `--flag=value`, unambiguous
 * abbreviations, short forms, `--json-flag.key value`. Flags that vLLM lacks are errors.
 *
 * @param args what follows `vllm`: `serve`, the model, flags
 * @throws CommandLineError
 */
export function parseCommandLine(args: readonly string[], flags: readonly Flag[]): CommandLine {
  const [command, ...given] = args;
  if (command !== 'serve') {
    throw new CommandLineError(
      VLLM_USAGE,
      `vllm: error: argument subparser: invalid choice: '${command ?? ''}' (choose from 'serve')`,
    );
  }
  const bySpelling = new Map(
    flags.flatMap((flag) =>
      [flag.name, ...(flag.aliases ?? []), ...(flag.no ? [flag.no] : [])].map((spelling) => [spelling, flag]),
    ),
  );
  const fail = (flag: Flag, message: string): never => {
    const names = [flag.name, ...(flag.aliases ?? []).filter((alias) => alias !== flag.no)];
    const all = flag.no ? [flag.name, flag.no, ...names.slice(1)] : names;
    throw new CommandLineError(SERVE_USAGE, `vllm serve: error: argument ${all.join('/')}: ${message}`);
  };
  const find = (argument: string): Found | undefined => {
    const equals = argument.indexOf('=');
    const spelling = equals < 0 ? argument : argument.slice(0, equals);
    const attached = equals < 0 ? undefined : argument.slice(equals + 1);
    const exact = bySpelling.get(spelling);
    if (exact) return { flag: exact, spelling, attached };
    if (!spelling.startsWith('--')) {
      const letter = bySpelling.get(argument.slice(0, 2));
      return letter
        ? { flag: letter, spelling: argument.slice(0, 2), attached: argument.slice(2) }
        : undefined;
    }
    const candidates = [...bySpelling.keys()].filter((known) => known.startsWith(spelling));
    if (candidates.length > 1) {
      const message = `vllm serve: error: ambiguous option: ${argument} could match ${candidates.join(', ')}`;
      throw new CommandLineError(SERVE_USAGE, message);
    }
    const flag = bySpelling.get(candidates[0] ?? '');
    return flag && { flag, spelling: candidates[0] ?? '', attached };
  };
  const check = (flag: Flag, value: string): string => {
    if (flag.choices && !flag.choices.includes(value)) {
      const all = flag.choices.map((choice) => `'${choice}'`).join(', ');
      return fail(flag, `invalid choice: '${value}' (choose from ${all})`);
    }
    if (flag.type && !isValid(flag.type, value))
      fail(flag, `invalid ${TYPE_NAMES[flag.type]} value: '${value}'`);
    return value;
  };

  const values = new Map<string, FlagValue>();
  const positionals: string[] = [];
  const unknown: string[] = [];
  const queue = given.map(normalise);
  const takeValues = (): string[] => {
    const end = queue.findIndex(looksLikeFlag);
    return queue.splice(0, end < 0 ? queue.length : end);
  };
  while (queue.length > 0) {
    const argument = queue.shift() ?? '';
    if (!looksLikeFlag(argument)) {
      positionals.push(argument);
      continue;
    }
    const optimization = /^-O=?(.+)$/.exec(argument)?.[1];
    if (optimization !== undefined) {
      values.set('--optimization-level', optimization);
      continue;
    }
    const dotted = /^(--?[A-Za-z-]+)\.([^=]*)(?:=(.*))?$/s.exec(argument);
    const found = find(dotted?.[1] ?? argument);
    if (found === undefined) {
      unknown.push(argument);
      continue;
    }
    const { flag, spelling, attached } = found;
    if (dotted) {
      const value = dotted[3] ?? queue.shift();
      if (value === undefined) return fail(flag, 'expected one argument');
      values.set(flag.name, `${values.get(flag.name) ?? ''}${dotted[2]}=${value};`);
    } else if (flag.nargs === '0') {
      if (attached !== undefined) fail(flag, `ignored explicit argument '${attached}'`);
      values.set(flag.name, spelling !== flag.no);
    } else if (attached !== undefined) {
      values.set(flag.name, flag.nargs === '+' ? [check(flag, attached)] : check(flag, attached));
    } else if (flag.nargs === '+') {
      const taken = takeValues();
      if (taken.length === 0) fail(flag, 'expected at least one argument');
      values.set(
        flag.name,
        taken.map((value) => check(flag, value)),
      );
    } else {
      const next = queue[0];
      const present = next !== undefined && !looksLikeFlag(next);
      if (!present && flag.nargs !== '?') fail(flag, 'expected one argument');
      values.set(flag.name, present ? check(flag, queue.shift() ?? '') : true);
    }
  }
  const [positional, ...extra] = positionals;
  const unrecognized = [...unknown, ...extra];
  if (unrecognized.length > 0) {
    throw new CommandLineError(VLLM_USAGE, `vllm: error: unrecognized arguments: ${unrecognized.join(' ')}`);
  }
  const named = values.get('--model');
  return { model: positional ?? (typeof named === 'string' ? named : undefined), values };
}
