import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { z } from 'zod';
import { PID_FILE } from './prefix.ts';
import { generationsOf, oldWorkersOf } from './workers.ts';

const TEST_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 1_000;

const Answer = z.object({ version: z.string(), servers: z.string() });

/** What the running nginx says it has loaded. */
export type Answer = z.output<typeof Answer>;

/** Client connections by what they do, from `stub_status`. */
export interface Connections {
  readonly reading: number;
  readonly writing: number;
  readonly waiting: number;
}

/** The nginx of one prefix, seen from outside. */
export interface Nginx {
  /** nginx's words about the configuration in a folder; undefined if it takes it. */
  test(folder: string): Promise<string | undefined>;
  /** The master's process id, if it runs. */
  master(): Promise<number | undefined>;
  /** Asks the master to load its files again. */
  reload(master: number): void;
  /** What one of its workers has loaded; undefined if none answers within a second. */
  answer(): Promise<Answer | undefined>;
  connections(): Promise<Connections | undefined>;
  /** Generations of the master's workers that only finish what they have. */
  oldGenerations(master: number): Promise<number>;
}

export interface NginxProps {
  /** The program: a path, or a name looked up in PATH. */
  readonly program: string;
  readonly prefix: string;
  /** Base URL of its admin server. */
  readonly admin: string;
}

export function createNginx({ program, prefix, admin }: NginxProps): Nginx {
  return {
    test: (folder) => testConfiguration(program, folder),
    async master() {
      const pid = Number(await readOrEmpty(join(prefix, PID_FILE)));
      const title = pid > 1 ? await readOrEmpty(`/proc/${pid}/cmdline`) : '';
      return title.startsWith('nginx: master process') ? pid : undefined;
    },
    reload(master) {
      process.kill(master, 'SIGHUP');
    },
    async answer() {
      const body = await request(`${admin}/version`);
      const parsed = Answer.safeParse(body === undefined ? undefined : jsonOrUndefined(body));
      return parsed.success ? parsed.data : undefined;
    },
    async connections() {
      const body = await request(`${admin}/stub_status`);
      const found = /Reading: (\d+) Writing: (\d+) Waiting: (\d+)/
        .exec(body ?? '')
        ?.slice(1)
        .map(Number);
      if (found === undefined) return undefined;
      const [reading = 0, writing = 0, waiting = 0] = found;
      return { reading, writing, waiting };
    },
    oldGenerations: async (master) => generationsOf(await oldWorkersOf(master)),
  };
}

function testConfiguration(program: string, folder: string): Promise<string | undefined> {
  const command = ['-t', '-q', '-e', 'stderr', '-p', `${folder}/`, '-c', 'nginx.conf'];
  return new Promise((resolve, reject) => {
    execFile(program, command, { timeout: TEST_TIMEOUT_MS }, (error, _stdout, stderr) => {
      if (error === null) return resolve(undefined);
      if (typeof error.code === 'number') return resolve(reasonIn(stderr, folder));
      reject(new Error(`${program} -t gave no verdict: ${error.message}; is it installed? (--nginx)`));
    });
  });
}

/** The lines that say what is wrong, with paths as they are in the prefix. */
function reasonIn(stderr: string, folder: string): string {
  const lines = stderr.split('\n').filter((line) => /\[(emerg|alert|crit|error)\]/.test(line));
  const words = lines.map((line) => line.replaceAll(`${folder}/`, '').replace(/^.*?\[/, '['));
  return words.length === 0 ? stderr.trim() : [...new Set(words)].join('\n');
}

/** A new connection each time: an old worker keeps answering on one it already has. */
function request(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const nothing = () => resolve(undefined);
    get(url, { agent: false, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) }, (response) => {
      textOf(response).then(response.statusCode === 200 ? resolve : nothing, nothing);
    }).on('error', nothing);
  });
}

async function readOrEmpty(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
