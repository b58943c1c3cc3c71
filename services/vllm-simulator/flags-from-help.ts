/** How a flag's value is read. Without one it is taken as text. */
export type FlagType = 'int' | 'float' | 'human-int' | 'human-int-or-auto';

/** One flag of `vllm serve`. */
export interface Flag {
  /** With its dashes: `--max-model-len`. */
  readonly name: string;
  /** Other spellings, `-tp`. */
  readonly aliases?: readonly string[];
  /** The spelling that switches a boolean flag off. */
  readonly no?: string;
  /** Values that it takes, as argparse counts them: none, at most one, one or more. @default - exactly one */
  readonly nargs?: '0' | '?' | '+';
  /** Values that argparse allows. @default - any */
  readonly choices?: readonly string[];
  /** Values that the server knows, where argparse allows any. */
  readonly known?: readonly string[];
  readonly type?: FlagType;
}

// argparse types that the help text does not tell (vLLM 0.32, engine/arg_utils.py and config/).
const TYPES: Readonly<Record<string, FlagType>> = {
  '--api-server-count': 'int',
  '--block-size': 'int',
  '--data-parallel-size': 'int',
  '--data-parallel-size-local': 'int',
  '--decode-context-parallel-size': 'int',
  '--h11-max-header-count': 'int',
  '--h11-max-incomplete-event-size': 'int',
  '--max-logprobs': 'int',
  '--max-num-queued-reqs': 'int',
  '--max-num-queued-tokens': 'int',
  '--max-num-seqs': 'int',
  '--node-rank': 'int',
  '--nnodes': 'int',
  '--num-gpu-blocks-override': 'int',
  '--pipeline-parallel-size': 'int',
  '--port': 'int',
  '--seed': 'int',
  '--shutdown-timeout': 'int',
  '--sse-keep-alive-interval': 'int',
  '--stream-interval': 'int',
  '--tensor-parallel-size': 'int',
};

const OPTION_LINE = /^ {2}(-[A-Za-z-][^\n]*)$/;
const DEFAULT = /\(default:\s+([^()]*)\)\s*$/;

function typeOf(name: string, help: string): FlagType | undefined {
  if (help.includes('special value for auto')) return 'human-int-or-auto';
  if (help.includes('Parse human-readable integers')) return 'human-int';
  if (name in TYPES) return TYPES[name];
  return /^-?\d+(\.\d+)?$/.test(DEFAULT.exec(help)?.[1] ?? '') ? 'float' : undefined;
}

function parseFlag(line: string, help: string): Flag {
  // The short description may begin on the same line, two spaces or more after the flag.
  const usage = (line.trim().split(/ {2,}/)[0] ?? '').replace(/\s+/g, ' ');
  const braces = /\{([^}]*)\}/.exec(usage)?.[1]?.split(',');
  const open = usage.includes(' or name registered in ');
  const plain = usage
    .replace(/ or name registered in .*$/, '')
    .replace(/\{[^}]*\}/g, 'CHOICE')
    .replace(/\['.*'\]/, 'TEXT');
  const spellings = plain.split(', ').map((part) => part.split(' ')[0] ?? '');
  const name = spellings[0] ?? '';
  const no = spellings.find((spelling) => spelling === `--no-${name.slice(2)}`);
  const aliases = spellings.slice(1).filter((spelling) => spelling !== no);
  const value = (plain.split(', ')[0] ?? '').slice(name.length).trim();
  const nargs = value === '' ? '0' : /^\[\w+\]$/.test(value) ? '?' : value.endsWith('...]') ? '+' : undefined;
  const type = nargs === '0' || braces ? undefined : typeOf(name, help);
  return {
    name,
    ...(aliases.length > 0 && { aliases }),
    ...(no !== undefined && { no }),
    ...(nargs && { nargs }),
    ...(braces && { [open ? 'known' : 'choices']: braces }),
    ...(type && { type }),
  };
}

/** Reads the flags out of what `vllm serve --help=all` prints. `flags.json` is its result for vLLM 0.32. */
export function flagsFromHelp(text: string): Flag[] {
  const flags: Flag[] = [];
  const lines = text.split('\n');
  lines.forEach((line, index) => {
    const option = OPTION_LINE.exec(line)?.[1];
    if (option === undefined) return;
    const rest = lines.slice(index + 1);
    const length = rest.findIndex((next) => OPTION_LINE.test(next) || /^[A-Za-z]/.test(next));
    const help = [line, ...rest.slice(0, length < 0 ? rest.length : length)]
      .map((part) => part.trim())
      .join(' ');
    flags.push(parseFlag(option, help.trim()));
  });
  return flags;
}
