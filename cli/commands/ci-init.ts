import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { render } from '../../workloads/render.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { environmentNames, readEnvironment } from '../project.ts';

const FOLDER = '.github/workflows';
const WORKFLOWS = ['check', 'deploy', 'drift', 'canary', 'image', 'review'] as const;

export interface CiInitResult {
  readonly environments: readonly string[];
  /** Files that were written, seen from the project's folder. */
  readonly files: readonly string[];
  /** Files that were there already, and are as they would be written. */
  readonly kept: readonly string[];
}

export interface CiInitFlags {
  /** The branch whose environments are deployed. */
  readonly branch: string;
  /** Write over workflows that were changed by hand. */
  readonly force: boolean;
}

/**
 * Writes the workflows for the cloud environments of a project.
 * @throws UsageError when there are none, or a workflow was changed by hand
 */
export function ciInit({ branch, force }: CiInitFlags, { project, toolkit }: Context): CiInitResult {
  if (!/^[\w./-]+$/.test(branch))
    throw new UsageError(`--branch: not a branch name, got ${JSON.stringify(branch)}`);
  const environments = environmentNames(project).filter((name) => isCloud(project, name));
  if (environments.length === 0)
    throw new UsageError(
      'no environment of the project is on google or aws: nothing to deploy from a workflow',
    );
  const ambiguous = environments.find((name) => environments.includes(`${name}-check`));
  if (ambiguous !== undefined)
    throw new UsageError(
      `${ambiguous}-check is an environment, and would be what GitHub calls the identity that reads ${ambiguous}: rename it`,
    );
  const template = (name: string) => readFileSync(join(toolkit, 'templates/github', `${name}.yml`), 'utf8');
  const prepare = template('prepare').trimEnd();
  const variables = (name: (typeof WORKFLOWS)[number]): Readonly<Record<string, string>> =>
    name === 'review'
      ? {}
      : {
          environments: JSON.stringify(environments),
          prepare,
          ...(name === 'deploy' ? { branch } : {}),
        };
  const texts = WORKFLOWS.map((name): [string, string] => [
    `${FOLDER}/fleet-${name}.yml`,
    render(template(name), variables(name)),
  ]);
  const there = texts.filter(([file]) => existsSync(join(project, file)));
  const same = there
    .filter(([file, text]) => readFileSync(join(project, file), 'utf8') === text)
    .map(([file]) => file);
  const changed = there.map(([file]) => file).filter((file) => !same.includes(file));
  if (changed.length > 0 && !force)
    throw new UsageError(
      `${changed.join(', ')}: exists and is not what would be written; --force writes over it`,
    );
  mkdirSync(join(project, FOLDER), { recursive: true });
  const written = texts.filter(([file]) => !same.includes(file));
  for (const [file, text] of written) writeFileSync(join(project, file), text);
  return { environments, files: written.map(([file]) => file), kept: same };
}

function isCloud(project: string, name: string): boolean {
  const { platform } = readEnvironment(project, name);
  return platform === 'google' || platform === 'aws';
}
