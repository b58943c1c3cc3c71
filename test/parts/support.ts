import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PartInput } from '../../contracts/part.ts';
import { type Host, type PartEvent, partFolder } from '../../parts/host.ts';
import type { ProcessIdentity } from '../../parts/pid.ts';
import { stopAll } from '../../parts/stop.ts';

export const ENVIRONMENT = 'local';

/** A project of its own in a temporary folder, on this real host. */
export interface Fleet {
  readonly host: Host;
  readonly events: PartEvent[];
  /** Writes a part.json with its documents, as synth does, and returns the manifest's path. */
  readonly synth: (part: PartOptions) => string;
  /** A file of a part's folder. */
  readonly path: (part: string, file: string) => string;
  /** The recorded process. */
  readonly instance: (part: string) => ProcessIdentity & Record<string, unknown>;
  readonly close: () => Promise<void>;
}

export type PartOptions = Partial<Omit<PartInput, 'documents'>> & {
  /** Text by file name; all reloadable, unless named in `fixed`. */
  readonly documents?: Readonly<Record<string, string>>;
  readonly fixed?: readonly string[];
};

export function openFleet(env: Host['env'] = { PATH: process.env.PATH }): Fleet {
  const project = realpathSync(mkdtempSync(join(tmpdir(), 'fleet-parts-')));
  const events: PartEvent[] = [];
  const host: Host = {
    project,
    toolkit: join(project, 'toolkit'),
    env,
    report: (event) => events.push(event),
    sleep: (milliseconds) => delay(milliseconds),
    now: Date.now,
  };
  const path = (part: string, file: string) => join(partFolder(host, ENVIRONMENT, part), file);
  return {
    host,
    events,
    path,
    synth: (options) => synth(join(project, 'synthesized'), options),
    instance: (part) => JSON.parse(readFileSync(path(part, 'pid.json'), 'utf8')),
    close: async () => {
      await stopAll(host, ENVIRONMENT);
      rmSync(project, { recursive: true, force: true });
    },
  };
}

function synth(home: string, { documents = {}, fixed = [], ...options }: PartOptions): string {
  const name = options.name ?? 'server';
  const folder = join(home, name);
  rmSync(folder, { recursive: true, force: true });
  const part: PartInput = {
    environment: ENVIRONMENT,
    name,
    command: ['sleep', '600'],
    processHash: 'p1',
    documents: Object.entries(documents).map(([file, text]) => ({
      file,
      sha256: createHash('sha256').update(text).digest('hex'),
      reloadable: !fixed.includes(file),
    })),
    ...options,
  };
  const files = { ...documents, 'part.json': JSON.stringify(part, null, 2) };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return join(folder, 'part.json');
}

/** The host with a clock that is an hour ahead as soon as the log of part `server` holds a text. */
export function leapingHost({ host, path }: Fleet, text: string): Host {
  const hasLeapt = () => {
    const log = path('server', 'log');
    return existsSync(log) && readFileSync(log, 'utf8').includes(text);
  };
  return { ...host, now: () => Date.now() + (hasLeapt() ? 3_600_000 : 0) };
}

/**
 * A small server: `/ready` answers 200, `/status` what it has applied. Its document is JSON: `{"version"}` is
 * applied, `{"refuse"}` is refused with these words. It reads the document at start and at every SIGHUP, which
 * it counts, or with `WATCH` at every request.
 */
const SERVER = `
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
const { PORT, DOCUMENT, WATCH, IGNORE_TERM } = process.env;
const state = { version: 'none', hangups: 0 };
function load() {
  if (DOCUMENT === undefined) return;
  const { version, refuse } = JSON.parse(readFileSync(DOCUMENT, 'utf8'));
  state.error = refuse;
  if (refuse === undefined) state.version = version;
}
load();
process.on('SIGHUP', () => { state.hangups += 1; load(); });
if (IGNORE_TERM !== undefined) process.on('SIGTERM', () => console.log('not now'));
createServer((request, response) => {
  if (WATCH !== undefined) load();
  response.end(request.url === '/status' ? JSON.stringify(state) : 'ok');
}).listen(Number(PORT), '127.0.0.1', () => console.log('listening'));
`;

/**
 * A part that runs the small server.
 * @param version of its document; none: it has no document
 */
export function serverPart(
  { host }: Fleet,
  port: number,
  { version, env, ...others }: PartOptions & { readonly version?: string } = {},
): PartOptions {
  const url = `http://127.0.0.1:${port}`;
  const documented: PartOptions =
    version === undefined
      ? {}
      : {
          documents: { 'server.json': JSON.stringify({ version }) },
          applied: { url: `${url}/status`, version, timeoutSeconds: 25 },
          reload: 'hangup',
        };
  const document: Record<string, string> = version === undefined ? {} : { DOCUMENT: '{part}/server.json' };
  return {
    command: ['node', writeProgram(host, 'server.mjs', SERVER)],
    listens: [{ address: '127.0.0.1', port, key: 'gateway.port' }],
    ready: { url: `${url}/ready`, timeoutSeconds: 25 },
    stopSeconds: 5,
    ...documented,
    ...others,
    env: { PORT: String(port), ...document, ...env },
  };
}

/** What the small server says of itself. */
export async function statusOf(port: number): Promise<{ version: string; hangups: number; error?: string }> {
  const response = await fetch(`http://127.0.0.1:${port}/status`, { headers: { connection: 'close' } });
  return (await response.json()) as { version: string; hangups: number; error?: string };
}

/** Writes a program into the project and returns its path. */
export function writeProgram({ project }: Pick<Host, 'project'>, file: string, text: string): string {
  const path = join(project, file);
  writeFileSync(path, text);
  return path;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Polls until it is so, at most twenty seconds. */
export async function eventually(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`did not happen within 20 s: ${what}`);
    await delay(10);
  }
}

/** `/proc/<pid>/stat` from the state on: [0] state, [1] parent, [2] group, [3] session, [17] threads, [19] start. */
export function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

export function isRunning(pid: number): boolean {
  try {
    const fields = statFields(pid);
    return fields[0] !== 'Z' || Number(fields[17]) > 1;
  } catch {
    return false;
  }
}

/** Kills a process as a crash would, and waits for its end. */
export async function crash(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await eventually(`process ${pid} is gone`, () => !isRunning(pid));
}
