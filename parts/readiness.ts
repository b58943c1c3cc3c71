import { z } from 'zod';
import type { Part } from '../contracts/part.ts';
import { readIfPresent } from './files.ts';
import type { Host } from './host.ts';
import { logPath, tail } from './logs.ts';
import { resolvePath } from './manifest.ts';
import { PartError } from './part-error.ts';
import { isAlive } from './pid.ts';
import { poll } from './poll.ts';
import { type Answer, probe } from './probe.ts';
import { withoutSecrets } from './program-environment.ts';
import type { Running } from './start.ts';

/** What a part's program says of the version of its documents. */
export interface Applied {
  /** The version in use. */
  readonly version?: string;
  /** Why the program refused another one. */
  readonly error?: string;
}

const AppliedAnswer = z.looseObject({ version: z.string().nullish(), error: z.string().nullish() });
const PROBE_MILLISECONDS = 2000;
const SHOWN_LINES = 20;

/** A program that runs but did not answer in time. */
export class NotReadyError extends PartError {}

/**
 * Waits until a part's program serves; a part without `ready` serves as soon as it runs.
 * @throws PartError when the program ends, NotReadyError when the time is over; both with its last log lines
 */
export async function awaitReady(part: Part, running: Running, host: Host): Promise<void> {
  const { ready } = part;
  if (ready === undefined) return;
  let last = '';
  let told = false;
  const outcome = await poll(host, ready.timeoutSeconds, async () => {
    const ending = running.ending();
    if (ending !== undefined) return { ending };
    const answer = await probe(ready.url, PROBE_MILLISECONDS, authoritiesOf(part, host));
    // Whoever answers may be another program: the answer counts only while the part's own process lives.
    if (isOk(answer) && isAlive(running.instance)) return { ending: undefined };
    last = 'status' in answer ? `status ${answer.status}` : answer.failure;
    if (!told) host.report({ part: part.name, step: 'waiting', detail: ready.url });
    told = true;
    return undefined;
  });
  if (outcome === undefined) {
    const message = `pid ${running.instance.pid} runs, but ${ready.url} did not answer 200 within ${ready.timeoutSeconds} s (${last})`;
    throw new NotReadyError(part.name, await withLog(message, part, running, host));
  }
  if (outcome.ending !== undefined) throw await ended(outcome.ending, part, running, host);
  if (told) host.report({ part: part.name, step: 'ready', detail: ready.url });
}

/**
 * Waits until the program has taken over the wanted version of its documents.
 * @param known what it said before it was told: the same refusal counts only when the time is over, because it
 *   may still be about an earlier version
 * @throws PartError with the program's own words when it refuses
 */
export async function awaitApplied(
  part: Part,
  known: Applied | undefined,
  running: Running,
  host: Host,
): Promise<void> {
  const { applied } = part;
  if (applied === undefined) return;
  let last: Applied | undefined;
  const outcome = await poll(host, applied.timeoutSeconds, async () => {
    const ending = running.ending();
    if (ending !== undefined) return { ending };
    last = await readApplied(part, host, PROBE_MILLISECONDS);
    if (last?.version === applied.version) return { version: applied.version };
    return last?.error !== undefined && last.error !== known?.error ? { refused: last.error } : undefined;
  });
  if (outcome?.ending !== undefined) throw await ended(outcome.ending, part, running, host);
  if (outcome?.version !== undefined) {
    host.report({ part: part.name, step: 'applied', detail: outcome.version });
    return;
  }
  const refusal = outcome?.refused ?? last?.error;
  throw new PartError(
    part.name,
    refusal === undefined
      ? `${applied.url} did not report version ${applied.version} within ${applied.timeoutSeconds} s, but ${last?.version ?? 'nothing'}; see ${logPath(host, part.environment, part.name)}`
      : `version ${applied.version} was refused: ${withoutSecrets(refusal, part, host)}`,
  );
}

/** What the program says now. Undefined: the part has no such address, or there is no usable answer. */
export async function readApplied(part: Part, host: Host, timeoutMs: number): Promise<Applied | undefined> {
  if (part.applied === undefined) return undefined;
  const answer = await probe(part.applied.url, timeoutMs, authoritiesOf(part, host));
  if (!('body' in answer)) return undefined;
  try {
    const { version, error } = AppliedAnswer.parse(JSON.parse(answer.body));
    return { version: version ?? undefined, error: error ?? undefined };
  } catch {
    return undefined;
  }
}

/** Whether the program serves right now. A part without `ready` does. */
export async function isReady(part: Part, host: Host, timeoutMs: number): Promise<boolean> {
  if (part.ready === undefined) return true;
  return isOk(await probe(part.ready.url, timeoutMs, authoritiesOf(part, host)));
}

/** PEM texts that the part's own addresses are verified with; none: the system's. */
function authoritiesOf(part: Part, host: Host): string[] {
  const named = part.ready?.authority;
  const text = named === undefined ? undefined : readIfPresent(resolvePath(named, part, host))?.toString();
  return text === undefined ? [] : [text];
}

function isOk(answer: Answer): boolean {
  return 'status' in answer && answer.status === 200;
}

async function ended(ending: string, part: Part, running: Running, host: Host): Promise<PartError> {
  const message = `the program ended by itself (${ending})`;
  return new PartError(part.name, await withLog(message, part, running, host));
}

async function withLog(message: string, part: Part, { logStart }: Running, host: Host): Promise<string> {
  const path = logPath(host, part.environment, part.name);
  const lines = await tail(path, SHOWN_LINES, logStart);
  if (lines.length === 0) return `${message}; it wrote nothing to ${path}`;
  const shown = lines.map((line) => `  ${line}`).join('\n');
  return `${message}; last lines of ${path}:\n${withoutSecrets(shown, part, host)}`;
}
