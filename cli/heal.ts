import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Host, partFolder } from '../parts/host.ts';
import { reconcile } from '../parts/reconcile.ts';
import { listParts, type PartStatus } from '../parts/status.ts';
import { stop } from '../parts/stop.ts';
import { Failure, messageOf } from './errors.ts';

const POLL_MS = 200;

/** What Terraform could not see: it knows documents, not whether programs run. */
export interface Healing {
  readonly started: readonly string[];
  /** Parts that the environment no longer has. */
  readonly removed: readonly string[];
}

/**
 * After a deploy: starts the environment's parts that do not run, stops installed ones that it no longer has.
 * @throws Failure that names every part that could not be started
 */
export async function heal(host: Host, environment: string): Promise<Healing> {
  const wanted = synthesizedParts(host.project, environment);
  const found = await listParts(host, environment);
  const surplus = found.filter(({ name }) => !wanted.includes(name));
  await Promise.all(surplus.map(({ name }) => remove(host, environment, name)));
  const idle = wanted.filter((name) => found.find((part) => part.name === name)?.state !== 'running');
  const outcomes = await Promise.allSettled(
    idle.map((name) => reconcile(manifestOf(host, environment, name, found), host)),
  );
  const problems = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [messageOf(outcome.reason)] : [],
  );
  if (problems.length > 0) throw new Failure(problems.join('\n'));
  return { started: idle, removed: surplus.map(({ name }) => name) };
}

/**
 * Waits until all parts run.
 * @throws Failure that names those that do not when the time is over
 */
export async function waitUntilRunning(
  host: Host,
  environment: string,
  seconds: number,
): Promise<readonly PartStatus[]> {
  const wanted = synthesizedParts(host.project, environment);
  const deadline = host.now() + seconds * 1000;
  for (;;) {
    const parts = (await listParts(host, environment)).filter(({ name }) => wanted.includes(name));
    const waiting = wanted.filter((name) => parts.find((part) => part.name === name)?.state !== 'running');
    if (waiting.length === 0) return parts;
    if (host.now() >= deadline)
      throw new Failure(waiting.map((name) => notRunning(name, parts, environment)).join('\n'));
    await host.sleep(POLL_MS);
  }
}

function notRunning(name: string, parts: readonly PartStatus[], environment: string): string {
  const part = parts.find((candidate) => candidate.name === name);
  const error = part?.error === undefined ? '' : `: ${part.error}`;
  return `${name} is ${part?.state ?? 'not installed'}${error}; see \`fleet logs ${name} ${environment}\``;
}

/**
 * Parts of the synthesized stack. Their folders alone would not do: cdktf leaves those of earlier syntheses,
 * so that a part counts only if the stack's resources name its manifest.
 */
export function synthesizedParts(project: string, environment: string): string[] {
  const stack = join(project, 'cdktf.out', 'stacks', environment);
  const folder = join(stack, 'documents');
  if (!existsSync(folder)) throw new Failure(`${folder} does not exist although the deploy went well`);
  const resources = readFileSync(join(stack, 'cdk.tf.json'), 'utf8');
  return readdirSync(folder).filter((name) => resources.includes(`/${name}/part.json`));
}

/** Without its manifest a part is no longer listed; its log stays. */
async function remove(host: Host, environment: string, name: string): Promise<void> {
  await stop(host, environment, name);
  rmSync(join(partFolder(host, environment, name), 'part.json'), { force: true });
}

/** What is installed goes first: a rollback may have put it there without a deploy. */
function manifestOf(host: Host, environment: string, name: string, found: readonly PartStatus[]): string {
  const installed = found.some((part) => part.name === name && part.state !== 'broken');
  return installed
    ? join(partFolder(host, environment, name), 'part.json')
    : join(host.project, 'cdktf.out', 'stacks', environment, 'documents', name, 'part.json');
}
