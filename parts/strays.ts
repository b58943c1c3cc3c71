import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { environmentFolder, type Host, partFolder } from './host.ts';
import { liveProcesses, type ProcessEntry } from './pid.ts';

const VARIABLE = 'FLEET_PART';

/** A live process that was started as a part or by one, whatever the part's files say. */
export interface MarkedProcess {
  readonly part: string;
  readonly process: ProcessEntry;
}

/**
 * The environment variable that a part's program is started with, and its children after it: the part's folder.
 * It names project, environment and part, so another checkout's processes are never taken for ours.
 */
export function marker(
  host: Pick<Host, 'project'>,
  environment: string,
  part: string,
): Record<string, string> {
  return { [VARIABLE]: partFolder(realHost(host), environment, part) };
}

/**
 * All live processes of an environment, found by their marker or by writing to a part's log. Two marks, because
 * nginx and vLLM overwrite their environment variables with a title, and others redirect their output.
 * Linux only: elsewhere nothing is found.
 */
export function markedProcesses(host: Pick<Host, 'project'>, environment: string): MarkedProcess[] {
  if (process.platform !== 'linux') return [];
  const home = environmentFolder(realHost(host), environment);
  return liveProcesses().flatMap((candidate) => {
    if (candidate.pid === process.pid) return [];
    const folder = markOf(candidate.pid) ?? logFolderOf(candidate.pid);
    return folder === undefined || dirname(folder) !== home
      ? []
      : [{ part: basename(folder), process: candidate }];
  });
}

/** `/proc` shows paths without symbolic links. */
function realHost({ project }: Pick<Host, 'project'>): Pick<Host, 'project'> {
  return { project: realpathSync(project) };
}

function markOf(pid: number): string | undefined {
  const prefix = `${VARIABLE}=`;
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return variables.find((variable) => variable.startsWith(prefix))?.slice(prefix.length);
  } catch {
    return undefined;
  }
}

function logFolderOf(pid: number): string | undefined {
  const outputs = [1, 2].flatMap((fd) => linkOf(join('/proc', String(pid), 'fd', String(fd))) ?? []);
  const log = outputs.find((path) => /\/log(\.1)?( \(deleted\))?$/.test(path));
  return log === undefined ? undefined : dirname(log);
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
