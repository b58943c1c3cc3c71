import { expect, test } from 'vitest';
import { CHAT } from '../support/edge.ts';
import { dialogue, type Message, words } from './support/dialogue.ts';
import { compressing, fleet, MAIN, rawMessages, SUMMARIZER, scripted, summarizing } from './support/fleet.ts';

const long = { model: MAIN, messages: dialogue(30, 1000) };
/** A summariser that never says the same twice. */
const moody = () => summarizing((index) => `Facts: answer ${index}.`);

test('the same history gives the same bytes again and again, and is summarised once', async () => {
  const servers = await scripted(moody());
  const gateway = await compressing(servers);
  for (let turn = 0; turn < 3; turn += 1) await gateway.post(CHAT, long);
  const [first, ...others] = servers.sentTo(MAIN).map(({ body }) => body.toString());
  expect(others).toEqual([first, first]);
  expect(servers.sentTo(SUMMARIZER)).toHaveLength(3);
});

test('requests that come at the same time share the making of a summary', async () => {
  const servers = await scripted(moody());
  const gateway = await compressing(servers);
  const responses = await Promise.all(Array.from({ length: 5 }, () => gateway.post(CHAT, long)));
  expect(servers.sentTo(SUMMARIZER)).toHaveLength(3);
  expect(new Set(servers.sentTo(MAIN).map(({ body }) => body.toString())).size).toBe(1);
  const made = responses.map((response) => response.headers.get('x-fleet-compression')?.split(';made=')[1]);
  expect(made.sort()).toEqual(['0', '0', '0', '0', '3']);
});

test('two instances that share nothing ask for the same summaries and send the same bytes', async () => {
  const servers = await fleet();
  for (const gateway of [await compressing(servers), await compressing(servers)])
    await gateway.post(CHAT, long);
  const asked = servers.sentTo(SUMMARIZER).map(({ body }) => body.toString());
  expect(new Set(asked).size).toBe(asked.length / 2);
  const [first, second] = servers.sentTo(MAIN).map(({ body }) => body.toString());
  expect(second).toBe(first);
});

test('no key gets a summary that another key paid for', async () => {
  const servers = await scripted(moody());
  const gateway = await compressing(servers);
  await gateway.post(CHAT, long);
  const other = await gateway.post(CHAT, long, { authorization: `Bearer ${gateway.plainKey}` });
  expect(other.headers.get('x-fleet-compression')).toMatch(/;made=3$/);
});

test('a conversation that grows keeps its beginning until a whole step has gathered', async () => {
  const servers = await scripted(moody());
  const gateway = await compressing(servers);
  const messages: Message[] = dialogue(30, 1000);
  const blocks: number[] = [];
  for (let turn = 0; turn < 20; turn += 1) {
    const response = await gateway.post(CHAT, { model: MAIN, messages });
    blocks.push(Number(/;blocks=(\d+)/.exec(response.headers.get('x-fleet-compression') ?? '')?.[1]));
    messages.push(
      { role: 'assistant', content: words(500, turn) },
      { role: 'user', content: words(500, 100 + turn) },
    );
  }
  expect(blocks).toEqual(blocks.toSorted((a, b) => a - b));
  expect(new Set(blocks).size).toBeLessThanOrEqual(4);
  const sent = servers.sentTo(MAIN).map((request) => rawMessages(request));
  for (const [turn, next] of sent.entries()) {
    const tail = next.length - 1 - (blocks[turn] ?? 0);
    expect(tail, `turn ${turn}: messages of the tail`).toBeGreaterThanOrEqual(4);
    const before = sent[turn - 1];
    if (before === undefined) continue;
    const same = blocks[turn] === blocks[turn - 1] ? before.length : 1 + (blocks[turn - 1] ?? 0);
    expect(next.slice(0, same), `turn ${turn}`).toEqual(before.slice(0, same));
  }
});
