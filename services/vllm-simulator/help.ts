import type { Flag } from './flags-from-help.ts';

const VALUE = { '0': '', '?': ' [VALUE]', '+': ' VALUE [VALUE ...]' } as const;

/** What `--help` prints: the flags, as vLLM 0.32 has them, and where the simulation's own options are. */
export function helpText(flags: readonly Flag[]): string {
  const lines = flags.map((flag) => {
    const names = [flag.name, ...(flag.no ? [flag.no] : []), ...(flag.aliases ?? [])].join(', ');
    const value = flag.choices ? ` {${flag.choices.join(',')}}` : flag.nargs ? VALUE[flag.nargs] : ' VALUE';
    return `  ${names}${value}`;
  });
  return `usage: vllm serve [model_tag] [options]

A simulator of vLLM 0.32. It takes the same flags; most have no effect.
Options of the simulation are JSON in the environment variable VLLM_SIMULATOR.

options:
${lines.join('\n')}
`;
}
