import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A hop that passes bytes on, and that can be stopped so that whoever connects to it waits. */
export interface FrozenHop {
  readonly port: number;
  /** From now the system answers no further connection. */
  freeze(): Promise<void>;
  thaw(): void;
}

/** What the system keeps of connections that nobody has accepted. */
const BACKLOG = 1;

const FORWARDER = `
const net = require('node:net');
const server = net.createServer((near) => {
  const far = net.connect(Number(process.argv[1]), '127.0.0.1');
  near.on('error', () => far.destroy()).on('close', () => far.destroy());
  far.on('error', () => near.destroy()).on('close', () => near.destroy());
  near.pipe(far).pipe(near);
});
server.listen({ port: 0, host: '127.0.0.1', backlog: ${BACKLOG} }, () => console.log(server.address().port));
`;

export async function frozenHop(port: number): Promise<FrozenHop> {
  const child = spawn(process.execPath, ['-e', FORWARDER, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const own = Number(line.toString());
  const fillers: Socket[] = [];
  onTestFinished(() => {
    for (const socket of fillers) socket.destroy();
  });
  return {
    port: own,
    async freeze() {
      child.kill('SIGSTOP');
      while (await connects(own, fillers));
    },
    thaw() {
      for (const socket of fillers) socket.destroy();
      child.kill('SIGCONT');
    },
  };
}

/** Whether one more connection is answered; on this machine that takes no 200 ms. */
function connects(port: number, fillers: Socket[]): Promise<boolean> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  fillers.push(socket);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), 200);
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
