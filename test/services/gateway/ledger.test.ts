import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LedgerLine } from '../../../contracts/ledger.ts';
import { chat, contentEvent, startStream } from './support/answers.ts';
import { CHAT, hello } from './support/edge.ts';
import { eventually } from './support/eventually.ts';
import type { Received } from './support/fake-upstream.ts';
import { gateway, LEDGER, linesOf, type Program, sampleOf, usage } from './support/ledger-program.ts';
import { postText, rawClient } from './support/raw-client.ts';
import { edgeConfig } from './support/start.ts';

const streamed = { ...hello, stream: true };

test('a line says who asked what of whom, what it cost and at which prices', async () => {
  const program = await gateway(chat(['secret answer'], usage(1000, 400, 200)));
  await (await program.post(streamed)).text();
  expect(await program.stop()).toBe(0);
  expect(program.ledger()).toEqual([
    {
      ledger: true,
      ts: expect.any(String),
      id: program.router.requests[0]?.id,
      key: 'team-a',
      model: 'gpt-oss-120b',
      release: 'v1',
      kind: 'nodes',
      path: CHAT,
      summaryOf: null,
      stream: true,
      status: 200,
      promptTokens: 1000,
      cachedTokens: 400,
      completionTokens: 200,
      prices: { input: 0.15, cachedInput: 0.05, output: 0.6 },
      amount: { input: 90_000_000, cachedInput: 20_000_000, output: 120_000_000, total: 230_000_000 },
      aborted: null,
      cut: false,
      usageMissing: false,
      estimated: false,
    },
  ]);
});

test('no text of a request or an answer is in it, and no key', async () => {
  const program = await gateway(chat(['GENERATED']));
  await (await program.post({ ...hello, messages: [{ role: 'user', content: 'PROMPT' }] })).text();
  await program.stop();
  expect(program.ledger()).toHaveLength(1);
  for (const text of ['PROMPT', 'GENERATED', 'the-key', 'hop'])
    expect(readFileSync(join(program.folder, LEDGER.file), 'utf8')).not.toContain(text);
  expect(statSync(join(program.folder, LEDGER.file)).mode & 0o777).toBe(0o600);
});

test('a client that leaves in mid-stream pays what its server has counted so far', async () => {
  const program = await gateway((received) => {
    startStream(received);
    received.res.write(contentEvent('a', { usage: usage(1000, undefined, 1) }));
    received.res.write(contentEvent('word', { usage: usage(1000, undefined, 2) }));
  });
  await leaveAfter(program, streamed, 'word');
  expect(program.ledger()).toEqual([
    expect.objectContaining({
      ...{ aborted: 'stream', estimated: false, usageMissing: false },
      ...{ promptTokens: 1000, cachedTokens: null, completionTokens: 2 },
      amount: { input: 150_000_000, cachedInput: 0, output: 1_200_000, total: 151_200_000 },
    }),
  ]);
});

test('where the server does not count in mid-stream, what was seen of the stream is charged as an estimate', async () => {
  const program = await gateway((received) => {
    startStream(received);
    for (let token = 0; token < 20; token += 1) received.res.write(contentEvent('some'));
    received.res.write(contentEvent('word'));
  });
  await leaveAfter(program, streamed, 'word');
  expect(program.ledger()).toEqual([
    expect.objectContaining({
      aborted: 'stream',
      estimated: true,
      usageMissing: false,
      completionTokens: 21,
    }),
  ]);
});

/** A client on the bare wire that leaves when it has seen that text. */
async function leaveAfter(program: Program, body: unknown, text: string): Promise<void> {
  const client = await rawClient(program.address);
  client.send(postText(CHAT, 'the-key', body));
  await client.until(text);
  client.socket.destroy();
  expect(await program.router.requests[0]?.closed).toBe(false);
  await program.stop();
}

test('a client that leaves before the router has answered is charged an estimate at the dearest price', async () => {
  const program = await gateway(() => {});
  const client = await rawClient(program.address);
  client.send(postText(CHAT, 'the-key', hello));
  const received = await eventually(() => {
    expect(program.router.requests).toHaveLength(1);
    return program.router.requests[0] as Received;
  });
  client.socket.destroy();
  await received.closed;
  await program.stop();
  const [line] = program.ledger();
  expect(line).toMatchObject({
    ...{ aborted: 'headers', status: 499, release: 'none', kind: null, usageMissing: false, estimated: true },
    prices: { input: 0.15, cachedInput: 0.05, output: 0.6 },
  });
  expect(line?.promptTokens).toBeGreaterThan(0);
});

test('a request that reached nobody costs nothing', async () => {
  const program = await gateway(() => {});
  await program.router.close();
  expect((await program.post(hello)).status).toBe(502);
  await program.stop();
  expect(program.ledger()).toEqual([
    expect.objectContaining({ status: 502, amount: null, estimated: false, usageMissing: false }),
  ]);
});

test('a stream that is cut is marked', async () => {
  const program = await gateway((received) => {
    startStream(received);
    received.res.write(contentEvent('word'), () => received.socket.destroy());
  });
  await (await program.post(streamed)).text();
  await program.stop();
  expect(program.ledger()).toEqual([
    expect.objectContaining({ cut: true, aborted: null, estimated: true, completionTokens: 1 }),
  ]);
});

test('what was refused before a model was chosen has no line', async () => {
  const program = await gateway(chat(['a']));
  expect((await program.post({ ...hello, model: 'unknown' })).status).toBe(404);
  expect((await program.post(hello)).status).toBe(200);
  await program.stop();
  expect(program.ledger()).toHaveLength(1);
});

test('lines are on disk within a second, without an end of the program', async () => {
  const program = await gateway(chat(['a']));
  await (await program.post(hello)).text();
  const answered = performance.now();
  await eventually(() => expect(program.ledger()).toHaveLength(1));
  expect(performance.now() - answered).toBeLessThan(1_000);
});

test('a stream that SIGTERM cuts short has its line', async () => {
  const program = await gateway((received) => {
    startStream(received);
    received.res.write(contentEvent('word'));
  });
  const answer = await program.post(streamed);
  const reading = answer.text();
  await eventually(() => expect(program.router.requests).toHaveLength(1));
  expect(await program.stop()).toBe(0);
  expect(await reading).toContain('error');
  expect(program.ledger()).toEqual([expect.objectContaining({ cut: true, estimated: true })]);
});

test('a full file is renamed, a new one begins, and no line is lost', async () => {
  const program = await gateway(chat(['a']), { ledger: { ...LEDGER, rotateMegabytes: 0.0025 } });
  for (let count = 1; count <= 8; count += 1) {
    await (await program.post(hello)).text();
    await eventually(() => expect(allLines(program)).toHaveLength(count));
  }
  await program.stop();
  const names = readdirSync(join(program.folder, 'ledger')).toSorted();
  expect(names.length).toBeGreaterThan(1);
  expect(names).toEqual([
    'ledger.jsonl',
    ...Array.from({ length: names.length - 1 }, (_, index) => `ledger.jsonl.${index + 1}`),
  ]);
  for (const name of names)
    expect(statSync(join(program.folder, 'ledger', name)).size).toBeLessThanOrEqual(2_500);
  expect(allLines(program).map(({ id }) => id)).toEqual(program.router.requests.map(({ id }) => id));
});

/** Of all files, oldest first. */
function allLines({ folder }: Program): LedgerLine[] {
  const home = join(folder, 'ledger');
  const numberOf = (name: string) => Number(/\d+$/.exec(name)?.[0] ?? Number.POSITIVE_INFINITY);
  if (!existsSync(home)) return [];
  return readdirSync(home)
    .toSorted((a, b) => numberOf(a) - numberOf(b))
    .flatMap((name) => linesOf(readFileSync(join(home, name), 'utf8')));
}

test('the line that a killed program left unfinished does not spoil the next one', async () => {
  const program = await gateway(chat(['a']));
  mkdirSync(join(program.folder, 'ledger'));
  await writeFile(join(program.folder, LEDGER.file), '{"ledger":true,"ts":');
  await (await program.post(hello)).text();
  await program.stop();
  const [broken, ...rest] = readFileSync(join(program.folder, LEDGER.file), 'utf8').split('\n');
  expect(broken).toBe('{"ledger":true,"ts":');
  expect(linesOf(rest.join('\n'))).toHaveLength(1);
});

test('a file that cannot be written stops nobody: lines lost are counted, said once, and writing goes on later', async () => {
  const program = await gateway(chat(['a']));
  const path = join(program.folder, LEDGER.file);
  mkdirSync(path, { recursive: true });
  const lost = async () => sampleOf(await program.metrics(), 'fleet_ledger_lost_lines_total');
  expect(await lost()).toBe(0);
  for (let count = 1; count <= 2; count += 1) {
    expect((await program.post(hello)).status).toBe(200);
    await eventually(async () => expect(await lost()).toBe(count));
  }
  rmdirSync(path);
  expect((await program.post(hello)).status).toBe(200);
  await eventually(() => expect(program.ledger()).toHaveLength(1));
  await program.stop();
  const events = program
    .stdout()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ event }) => String(event).startsWith('ledger'));
  expect(events).toMatchObject([
    { event: 'ledger_not_written', file: LEDGER.file, error: 'EISDIR' },
    { event: 'ledger_written_again', file: LEDGER.file },
  ]);
});

test('a reload moves the ledger, and no line is lost on the way', async () => {
  const program = await gateway(chat(['a']));
  await (await program.post(hello)).text();
  const moved = edgeConfig(program.router.url, { ledger: { ...LEDGER, file: 'other.jsonl' } });
  await writeFile(join(program.folder, 'gateway.json'), JSON.stringify(moved));
  program.child.kill('SIGHUP');
  await eventually(() => expect(program.stdout()).toContain('"reloaded"'));
  await (await program.post(hello)).text();
  await program.stop();
  expect(program.ledger()).toHaveLength(1);
  expect(linesOf(readFileSync(join(program.folder, 'other.jsonl'), 'utf8'))).toHaveLength(1);
});

test('without a file the line of the log is the one of the ledger', async () => {
  const program = await gateway(chat(['a'], usage(10, undefined, 2)), {});
  await (await program.post(hello)).text();
  await (await program.post({ ...hello, model: 'unknown' })).text();
  await program.stop();
  const log = program
    .stdout()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const lines = log.filter(({ ledger }) => ledger === true);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toHaveProperty('ms');
  expect(LedgerLine.parse(lines[0])).toMatchObject({
    ...{ promptTokens: 10, cachedTokens: null, completionTokens: 2, aborted: null, cut: false },
    amount: { input: 1_500_000, cachedInput: 0, output: 1_200_000, total: 2_700_000 },
  });
});
