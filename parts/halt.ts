import { Part } from '../contracts/part.ts';
import { hasCode } from './files.ts';
import { type Host, partFolder } from './host.ts';
import { readInstance, removeInstance, writeInstance } from './instance.ts';
import { installedManifest } from './manifest.ts';
import { PartError } from './part-error.ts';
import { findProcess, isAlive, liveProcesses } from './pid.ts';
import { poll } from './poll.ts';
import { markedProcesses } from './strays.ts';

/** Seconds that the system may take to end a process after SIGKILL. */
const KILL_SECONDS = 10;
const DEFAULT_STOP_SECONDS = Part.shape.stopSeconds.parse(undefined);

/**
 * Ends every process of a part, the recorded one and strays, and forgets the record: SIGTERM to their process
 * groups, SIGKILL to what is left after the installed manifest's `stopSeconds`. A recorded number that belongs
 * to a stranger by now is left alone. Call it under the part's lock.
 * @returns whether anything ran
 */
export async function halt(host: Host, environment: string, part: string): Promise<boolean> {
  const folder = partFolder(host, environment, part);
  const instance = readInstance(folder);
  const leader = instance !== undefined && isAlive(instance) ? instance.pid : undefined;
  const find = () => groupsOf(host, environment, part);
  const groups = new Set([...(leader === undefined ? [] : [leader]), ...find()]);
  if (groups.size > 0) {
    if (instance !== undefined) writeInstance(folder, { ...instance, stopping: true });
    host.report({ part, step: 'stopping', detail: `pid ${[...groups].join(', ')}` });
    await end(host, part, groups, installedManifest(folder)?.part.stopSeconds ?? DEFAULT_STOP_SECONDS);
    for (let late = find(); late.length > 0; late = find()) await end(host, part, new Set(late), 0);
    host.report({ part, step: 'stopped' });
  }
  removeInstance(folder);
  return groups.size > 0;
}

/** The process groups of a part's marked processes. Whoever joined one of them descends from the part too. */
function groupsOf(host: Host, environment: string, part: string): number[] {
  const own = markedProcesses(host, environment).filter((marked) => marked.part === part);
  return [...new Set(own.map(({ process: { group } }) => group))];
}

async function end(
  host: Host,
  part: string,
  groups: ReadonlySet<number>,
  stopSeconds: number,
): Promise<void> {
  const gone = () => (liveProcesses().some(({ group }) => groups.has(group)) ? undefined : true);
  if (stopSeconds > 0) {
    signalGroups(part, groups, 'SIGTERM');
    if ((await poll(host, stopSeconds, gone)) === true) return;
  }
  signalGroups(part, groups, 'SIGKILL');
  if ((await poll(host, KILL_SECONDS, gone)) === true) return;
  throw new PartError(
    part,
    `process group ${[...groups].join(', ')} does not end, not even by SIGKILL; it hangs in the kernel (a GPU driver?): see \`ps -o pid,stat,wchan\``,
  );
}

function signalGroups(part: string, groups: ReadonlySet<number>, signal: NodeJS.Signals): void {
  const own = findProcess(process.pid)?.group;
  for (const group of groups) {
    if (group <= 1 || group === own)
      throw new PartError(part, `may not end process group ${group}, which this very command runs in`);
    try {
      process.kill(-group, signal);
    } catch (error) {
      if (hasCode(error, 'ESRCH')) continue;
      const message = `may not end process group ${group}; it belongs to another user: run this as that user`;
      throw new PartError(part, message, { cause: error });
    }
  }
}
