import { once } from 'node:events';
import { connect } from 'node:net';

/** Who is asked in turn, again and again, each on a connection of its own. */
interface Order {
  readonly targets: readonly {
    readonly port: number;
    readonly headers: Readonly<Record<string, string>>;
  }[];
  readonly body: string;
  readonly turns: number;
}

const { targets, body, turns } = JSON.parse(process.argv[2] ?? '') as Order;
const EVENT = 'data: {';
const END = Buffer.from('\r\n0\r\n\r\n');

/** Sends a request at each call; answers after the end of its answer, with the milliseconds to its first event. */
async function open({ port, headers }: Order['targets'][number]): Promise<() => Promise<number>> {
  const lines = [
    'POST /v1/chat/completions HTTP/1.1',
    `host: 127.0.0.1:${port}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  const request = Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  await once(socket, 'connect');
  return () =>
    new Promise((done, failed) => {
      const since = performance.now();
      let first: number | undefined;
      let tail = Buffer.alloc(0);
      const read = (chunk: Buffer) => {
        if (chunk.includes(EVENT)) first ??= performance.now() - since;
        tail = Buffer.concat([tail, chunk]).subarray(-END.length);
        if (!tail.equals(END)) return;
        socket.off('data', read);
        if (first === undefined) failed(new Error(`port ${port}: an answer without an event`));
        else done(first);
      };
      socket.on('data', read);
      socket.write(request);
    });
}

const asked = await Promise.all(targets.map(open));
const seen: number[][] = targets.map(() => []);
for (let turn = 0; turn < turns; turn += 1)
  for (const [index, ask] of asked.entries()) seen[index]?.push(await ask());
process.stdout.write(JSON.stringify(seen), () => process.exit());
