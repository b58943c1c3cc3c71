import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { Environment } from '../../contracts/environment.ts';
import { isFree } from '../../parts/ports.ts';
import type { Context, Variables } from '../context.ts';
import { Failure, Interrupted } from '../errors.ts';
import { findProgram } from '../programs.ts';
import { directAddress, type TunnelCommand, tunnelCommand } from './command.ts';

/** A way to a port of an environment's monitoring. */
export interface Tunnel {
  readonly url: string;
  /** The program that holds it open; absent where none is needed. */
  readonly command?: TunnelCommand;
  /** Rejects with Failure when it breaks, with Interrupted at Ctrl-C. Where there is no program it never does. */
  readonly ended: Promise<never>;
  readonly close: () => Promise<void>;
}

export interface TunnelProps {
  readonly environment: Environment;
  /** Where the service listens on its machine. */
  readonly port: number;
  /** The end on this host, 0 for any port that is free. */
  readonly local: number;
  /** A path below which the service answers. */
  readonly probe: string;
}

const HERE = '127.0.0.1';
const PATIENCE_MS = 60_000;
const PROBE_MS = 5_000;
const BETWEEN_MS = 200;
const MOST_SAID = 2000;

const PAGES: Readonly<Record<string, string>> = {
  gcloud: 'https://cloud.google.com/sdk/docs/install',
  aws: 'https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html',
  'session-manager-plugin':
    'https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html',
  ssh: 'the package openssh-client',
};

/**
 * Opens a way to a port of an environment's monitoring and waits until the service answers. Whoever calls it closes it.
 * @throws Failure, CloudError, Interrupted
 */
export async function openTunnel(props: TunnelProps, context: Context): Promise<Tunnel> {
  const { environment, port, local, probe } = props;
  const direct = directAddress(environment, port);
  if (direct !== undefined)
    return { url: direct, ended: new Promise(() => undefined), close: async () => undefined };
  if (local !== 0 && !(await isFree(HERE, local)))
    throw new Failure(`port ${local} of this host is taken; --port names another, 0 any that is free`);
  const ports = { remote: port, local: local === 0 ? await anyFreePort() : local };
  const command = tunnelCommand(environment, ports, await machineOf(environment));
  const url = `http://${HERE}:${ports.local}`;
  const running = run(command, context);
  const deadline = context.now() + PATIENCE_MS;
  try {
    while (!(await Promise.race([answers(`${url}${probe}`), running.ended]))) {
      if (context.now() > deadline) {
        throw new Failure(
          `${environment.name}: the tunnel stands for ${PATIENCE_MS / 1000} s and nothing answers at its other end, port ${port}${running.said()}`,
        );
      }
      await Promise.race([context.sleep(BETWEEN_MS), running.ended]);
    }
  } catch (error) {
    await running.close();
    throw error;
  }
  return { url, command, ended: running.ended, close: running.close };
}

/** AWS knows machines by id alone. */
async function machineOf({ name, platform, aws }: Environment): Promise<string | undefined> {
  if (platform !== 'aws' || aws === undefined) return undefined;
  const { runningMachine } = await import('../clouds/aws/machine.ts');
  const machine = await runningMachine(aws.region, name, 'monitoring');
  if (machine === undefined)
    throw new Failure(`${name}: no machine with its Prometheus runs in ${aws.region}; \`fleet up ${name}\``);
  return machine;
}

/** Starts the program in a group of its own: what it starts ends with it. */
function run({ program, args }: TunnelCommand, { env, folder, onInterrupt }: Context) {
  const child = spawn(installed(program, env), [...args], {
    cwd: folder,
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-MOST_SAID);
    });
  const said = () => (printed.trim() === '' ? '' : `; ${program} says: ${printed.trim()}`);
  const closed = new Promise<void>((done) => child.once('close', () => done()));
  let unregister = () => {};
  const ended = new Promise<never>((_, fail) => {
    unregister = onInterrupt(() => fail(new Interrupted('')));
    child.once('error', fail);
    child.once('close', (code, signal) =>
      fail(new Failure(`the tunnel has ended (${program}: ${signal ?? code})${said()}`)),
    );
  });
  ended.catch(() => undefined);
  const close = async () => {
    unregister();
    if (child.pid === undefined) return;
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGTERM');
    await closed;
  };
  return { ended, close, said };
}

/** @throws Failure where it, or what it calls, is not on the path */
function installed(program: TunnelCommand['program'], env: Variables): string {
  const [path] = (program === 'aws' ? ['aws', 'session-manager-plugin'] : [program]).map((name) => {
    const found = findProgram(name, env);
    if (found === undefined) throw new Failure(`${name} is not installed; it comes from ${PAGES[name]}`);
    return found;
  });
  return path ?? program;
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_MS), redirect: 'manual' });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}

function anyFreePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().once('error', fail);
    server.listen(0, HERE, () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
