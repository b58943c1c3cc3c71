import { connect, type Socket } from 'node:net';

/** What one connection is to send, again and again. */
interface Order {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly mode: 'chunks' | 'first' | 'gaps' | 'hold';
  readonly connections: number;
  /** Seconds (chunks, hold), or requests for each connection (first, gaps). */
  readonly amount: number;
}

const order = JSON.parse(process.argv[2] ?? '') as Order;
const request = Buffer.from(
  `${[
    'POST /v1/chat/completions HTTP/1.1',
    `host: 127.0.0.1:${order.port}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(order.body)}`,
    ...Object.entries(order.headers).map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n')}\r\n\r\n${order.body}`,
);
const EVENT = Buffer.from('data: {');
const END = Buffer.from('\r\n0\r\n\r\n');

function count(chunk: Buffer): number {
  let found = 0;
  for (let at = chunk.indexOf(EVENT); at !== -1; at = chunk.indexOf(EVENT, at + EVENT.length)) found += 1;
  return found;
}

interface Seen {
  onEvents(events: number, at: number): void;
  onSent(at: number): void;
}

/** One connection: sends, reads to the end of the chunked body, and again as long as `more` says so. */
function converse(more: () => boolean, seen: Seen): Promise<void> {
  return new Promise((done, failed) => {
    const socket: Socket = connect(order.port, '127.0.0.1');
    let tail = Buffer.alloc(0);
    const send = () => {
      tail = Buffer.alloc(0);
      seen.onSent(performance.now());
      socket.write(request);
    };
    socket.setNoDelay(true);
    socket.once('connect', send);
    socket.on('data', (chunk: Buffer) => {
      const events = count(chunk);
      if (events > 0) seen.onEvents(events, performance.now());
      tail = Buffer.concat([tail, chunk]).subarray(-END.length);
      if (!tail.equals(END)) return;
      if (more()) send();
      else socket.end(done);
    });
    socket.once('error', failed);
    socket.once('close', () => done());
  });
}

async function run(): Promise<unknown> {
  const all = Array.from({ length: order.connections });
  if (order.mode === 'chunks') {
    const until = performance.now() + order.amount * 1000;
    const began = performance.now();
    let events = 0;
    await Promise.all(
      all.map(() =>
        converse(() => performance.now() < until, { onSent() {}, onEvents: (n) => (events += n) }),
      ),
    );
    return { perSecond: events / ((performance.now() - began) / 1000) };
  }
  const values: number[] = [];
  if (order.mode === 'hold') {
    let events = 0;
    let lost = 0;
    const stream = async () => {
      let own = 0;
      await converse(() => false, { onSent() {}, onEvents: (n) => (own += n) }).catch(() => (own = 0));
      events += own;
      if (own === 0) lost += 1;
    };
    await Promise.all(all.map(stream));
    return { events, lost };
  }
  await Promise.all(
    all.map(() => {
      let left = order.amount;
      let since = 0;
      let first = true;
      const again = () => {
        left -= 1;
        return left > 0;
      };
      return converse(again, {
        onSent(at) {
          since = at;
          first = true;
        },
        onEvents(_events, at) {
          if (order.mode === 'first' ? first : !first) values.push(at - since);
          first = false;
          if (order.mode === 'gaps') since = at;
        },
      });
    }),
  );
  return { values };
}

process.stdout.write(JSON.stringify(await run()));
