import { stripVTControlCharacters } from 'node:util';
import { explainFixedReleases, fixedReleaseOf } from './fixed-release.ts';

/** Output lines to show when nothing in the output looks like an error. */
const LAST_LINES = 20;

/** What a person wants to see of a line of cdktf's output; undefined for the rest. */
export function progressOf(line: string): string | undefined {
  const text = plain(line);
  const provisioner = provisionerLine(text);
  if (provisioner !== undefined) return provisioner.text;
  const warning = /^WARN \[\S+\]: (.+)$/.exec(text)?.[1];
  if (warning !== undefined) return `warning: ${warning}`;
  if (text === 'Initializing the backend...') return 'preparing Terraform';
  const plan = /^Plan: (.+?)\.?$/.exec(text)?.[1];
  if (plan !== undefined) return `applying: ${plan}`;
  const resource = /^(\S+)(?: \(\S+\))?: (Creat|Modif|Destr|Still )/.exec(text)?.[1];
  return resource === undefined || resource.startsWith('terraform_data.') ? undefined : text;
}

/** The lines of a failed run's output that say why it failed. */
export function errorsOf(output: string, environment: string): string[] {
  const lines = output
    .split(/\r?\n/)
    .map(plain)
    .filter((line) => line !== '' && !/Synthesizing$|^\d+ Stacks? |^Invoking Terraform CLI/.test(line));
  const errors = terraformErrors(lines).filter(([title]) => title !== 'Error: execution halted');
  const fixed = errors.flatMap((error) => fixedReleaseOf(error) ?? []);
  const others = errors.filter((error) => fixedReleaseOf(error) === undefined);
  if (errors.length > 0) {
    return [
      ...new Set(others.flatMap((error) => explain(error, lines))),
      ...(fixed.length > 0 ? explainFixedReleases(fixed, environment) : []),
    ];
  }
  return lines.slice(lines.lastIndexOf('Command output on stderr:') + 1).slice(-LAST_LINES);
}

/** A line without colours, indentation and the stack's name in front of it. */
function plain(line: string): string {
  return stripVTControlCharacters(line)
    .replace(/^(?:[\w-]+ {2}| {2,})\s*/, '')
    .replace(/\s+$/, '');
}

/** `terraform_data.x (construct/path) (local-exec): text`, but not the line that repeats the command. */
function provisionerLine(line: string): { readonly address: string; readonly text: string } | undefined {
  const [, address, text] = /^(\S+)(?: \(\S+\))? \(local-exec\): (.+)$/.exec(line) ?? [];
  if (address === undefined || text === undefined || text.startsWith('Executing: [')) return undefined;
  return { address, text };
}

/** Terraform prints its errors last, each from its title to the next one. */
function terraformErrors(lines: readonly string[]): string[][] {
  const starts = lines.flatMap((line, index) => (/^Error: \S/.test(line) ? [index] : []));
  return starts.map((start, index) => lines.slice(start, starts[index + 1]));
}

/** For a provisioner its own words, else the whole error. */
function explain(error: readonly string[], lines: readonly string[]): readonly string[] {
  const address = error
    .map((line) => /^with (\S+?)(?: \(\S+\))?,$/.exec(line)?.[1])
    .find((found) => found !== undefined);
  if (error[0] !== 'Error: local-exec provisioner error' || address === undefined) return error;
  const said = lines.flatMap((line) => {
    const spoken = provisionerLine(line);
    return spoken?.address === address ? [spoken.text] : [];
  });
  return said.length > 0 ? said : error;
}
