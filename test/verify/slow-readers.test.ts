import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { edgeConfig } from '../services/gateway/support/start.ts';

const STREAMS = 2_000;
const SLOW_SHARE = 0.1;
/** An ordinary answer: a token each 50 ms. */
const TOKENS = 100;
const TOKEN_MS = 50;
/** What a slow reader does not take, 12 MiB each, must wait at the upstream. */
const LARGE_EVENTS = 768;
const LARGE_EVENT_BYTES = 16 * 1024;
/** Share of slow readers for whom the kernel's buffers on the way are large enough to hold all of it. */
const MOST_HELD_BY_KERNEL = 0.2;
const MOST_MIB = 400;

const event = (content: string) =>
  `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;
const END = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 10, completion_tokens: TOKENS } })}\n\ndata: [DONE]\n\n`;
const TOKEN = event('token ');
const LARGE = event('x'.repeat(LARGE_EVENT_BYTES));

async function* ordinary(): AsyncGenerator<string> {
  for (let sent = 0; sent < TOKENS; sent += 1) {
    yield TOKEN;
    await delay(TOKEN_MS);
  }
  yield END;
}

function* large(): Generator<string> {
  for (let sent = 0; sent < LARGE_EVENTS; sent += 1) yield LARGE;
  yield END;
}

interface Upstream {
  readonly url: string;
  /** Large answers that have left it completely. */
  readonly largeSent: () => number;
}

async function upstream(): Promise<Upstream> {
  let largeSent = 0;
  const server = createServer((req, res) => {
    let body = '';
    req.on('data', (chunk) => {
      body += chunk;
    });
    req.on('end', () => {
      res.writeHead(200, { 'content-type': 'text/event-stream', 'x-fleet-release': 'v1' });
      const isLarge = body.includes('LARGE');
      Readable.from(isLarge ? large() : ordinary()).pipe(res);
      if (isLarge)
        res.on('finish', () => {
          largeSent += 1;
        });
    });
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 });
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, largeSent: () => largeSent };
}

async function gateway(routerUrl: string): Promise<{ readonly pid: number; readonly port: number }> {
  const cwd = await mkdtemp(join(tmpdir(), 'gateway-streams-'));
  const sha256 = createHash('sha256').update('the-key').digest('hex');
  await writeFile(join(cwd, 'gateway.json'), JSON.stringify(edgeConfig(routerUrl)));
  await writeFile(join(cwd, 'keys.json'), JSON.stringify([{ id: 'a', sha256 }]));
  const program = resolve(import.meta.dirname, '../../dist/services/gateway.js');
  const flags = ['--config', 'gateway.json', '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'];
  const child = spawn(process.execPath, [program, ...flags], {
    cwd,
    env: { ROUTER_KEY: 'hop' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await once(child, 'close');
    await rm(cwd, { recursive: true });
  });
  const lines = createInterface(child.stdout);
  const [first] = await once(lines, 'line');
  const { address } = JSON.parse(String(first)) as { readonly address: string };
  return { pid: child.pid ?? 0, port: Number(address.split(':').at(-1)) };
}

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

interface Reader {
  readonly socket: Socket;
  /** What the stream's end looked like, and how many events came. */
  readonly over: Promise<{ readonly events: number; readonly done: boolean }>;
  readonly begun: Promise<unknown>;
}

function read(port: number, content: string): Reader {
  const body = JSON.stringify({
    model: 'gpt-oss-120b',
    stream: true,
    messages: [{ role: 'user', content }],
  });
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('latin1');
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer the-key\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  let events = 0;
  let tail = '';
  const over = new Promise<{ events: number; done: boolean }>((done, failed) => {
    socket.on('data', (chunk: string) => {
      const text = tail + chunk;
      events += text.split('"delta"').length - tail.split('"delta"').length;
      tail = text.slice(-64);
    });
    socket.once('error', failed);
    socket.once('close', () => done({ events, done: tail.includes('data: [DONE]') }));
  });
  return { socket, over, begun: once(socket, 'data') };
}

test(`${STREAMS} streams at a time, one in ten read slowly: none is lost, and what waits does not wait in memory`, async () => {
  const { url, largeSent } = await upstream();
  const { pid, port } = await gateway(url);
  const idle = await residentMiB(pid);
  let most = idle;
  const watch = setInterval(() => {
    void residentMiB(pid).then((now) => {
      most = Math.max(most, now);
    });
  }, 250);
  onTestFinished(() => clearInterval(watch));

  const slow = Array.from({ length: STREAMS * SLOW_SHARE }, () => read(port, 'LARGE'));
  for (const { begun, socket } of slow) void begun.then(() => socket.pause());
  const fast = Array.from({ length: STREAMS * (1 - SLOW_SHARE) }, () => read(port, 'hello'));

  const ended = await Promise.all(fast.map(({ over }) => over));
  const sentMeanwhile = largeSent();
  for (const { socket } of slow) socket.resume();
  const endedSlowly = await Promise.all(slow.map(({ over }) => over));

  console.log(
    `${STREAMS} streams, ${slow.length} of them slow: ${most.toFixed(0)} MiB resident at most, ${idle.toFixed(0)} MiB idle; of the slow, ${sentMeanwhile} fitted into the kernel's buffers`,
  );
  expect(ended.filter(({ events, done }) => events !== TOKENS || !done)).toEqual([]);
  expect(endedSlowly.filter(({ events, done }) => events !== LARGE_EVENTS || !done)).toEqual([]);
  expect(sentMeanwhile).toBeLessThan(slow.length * MOST_HELD_BY_KERNEL);
  expect(most - idle).toBeLessThan(MOST_MIB);
});
