import { existsSync } from 'node:fs';
import { halt } from './halt.ts';
import { type Host, partFolder } from './host.ts';
import { installedParts } from './manifest.ts';
import { withPartLock } from './part-lock.ts';
import { markedProcesses } from './strays.ts';

/**
 * Ends a part's processes, also those that its files do not know of. Its log, documents and secrets stay.
 * @returns `absent` when nothing ran
 * @throws PartError when a process cannot be ended
 */
export async function stop(host: Host, environment: string, part: string): Promise<'stopped' | 'absent'> {
  const strays = markedProcesses(host, environment).filter((marked) => marked.part === part);
  if (strays.length === 0 && !existsSync(partFolder(host, environment, part))) return 'absent';
  const ran = await withPartLock(host, environment, part, () => halt(host, environment, part));
  return ran ? 'stopped' : 'absent';
}

/** As a request travels: who takes requests ends before those who answer them. All others end together, last. */
const FRONT_TO_BACK = ['reviewer', 'gateway', 'router', 'egress', 'router-agent'];

/**
 * Ends every part of an environment, installed or stray, from front to back, so that running requests can be
 * answered. One that cannot be ended keeps no other one running.
 * @returns the parts that ran, in the order in which they ended
 * @throws AggregateError with a PartError for each part that could not be ended
 */
export async function stopAll(host: Host, environment: string): Promise<string[]> {
  const marked = markedProcesses(host, environment).map(({ part }) => part);
  const parts = [...new Set([...installedParts(host, environment), ...marked])];
  const named = FRONT_TO_BACK.map((name) => parts.filter((part) => part === name));
  const stages = [...named, parts.filter((part) => !FRONT_TO_BACK.includes(part))];
  const ended: string[] = [];
  const failures: unknown[] = [];
  for (const stage of stages) {
    const stops = stage.map(async (part) => {
      if ((await stop(host, environment, part)) === 'stopped') ended.push(part);
    });
    for (const result of await Promise.allSettled(stops))
      if (result.status === 'rejected') failures.push(result.reason);
  }
  if (failures.length > 0) throw new AggregateError(failures, failures.map(messageOf).join('\n'));
  return ended;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
