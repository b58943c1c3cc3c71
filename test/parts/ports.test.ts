import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { holderOf, isFree } from '../../parts/ports.ts';
import { freePort } from './support.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(address: string): Promise<number> {
  const port = await freePort();
  const server = createServer().listen(port, address);
  servers.push(server);
  await once(server, 'listening');
  return port;
}

test('a port that nobody listens on is free, and stays free', async () => {
  const port = await freePort();
  expect(await isFree('127.0.0.1', port)).toBe(true);
  expect(await isFree('127.0.0.1', port)).toBe(true);
  expect(holderOf(port)).toBeUndefined();
});

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['127.0.0.1', '0.0.0.0'],
  ['0.0.0.0', '127.0.0.1'],
])('a port that is taken on %s is not free on %s', async (taken, wanted) => {
  expect(await isFree(wanted, await listen(taken))).toBe(false);
});

test('an address of another host is an error, not a taken port', async () => {
  await expect(isFree('192.0.2.1', await freePort())).rejects.toThrow('EADDRNOTAVAIL');
});

test('the holder of a port is this process', async () => {
  expect(holderOf(await listen('127.0.0.1'))).toEqual({ pid: process.pid, program: 'node' });
});

test('a port that only a connection uses has no holder', async () => {
  const client = connect(await listen('127.0.0.1'), '127.0.0.1');
  await once(client, 'connect');
  expect(holderOf(client.localPort ?? 0)).toBeUndefined();
  client.destroy();
});

test('the holder is named without the arguments of its command line', async () => {
  const port = await freePort();
  const program = `process.title = 'nginx: master process /usr/sbin/nginx -g secret'; require('net').createServer().listen(${port}, () => console.log(1))`;
  const child = spawn(process.execPath, ['-e', program]);
  try {
    await once(child.stdout, 'data');
    expect(holderOf(port)).toEqual({ pid: child.pid, program: 'nginx' });
  } finally {
    child.kill('SIGKILL');
  }
});
