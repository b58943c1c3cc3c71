import { expect, test } from 'vitest';
import { CHAT } from '../support/edge.ts';
import type { Message } from './support/dialogue.ts';
import { compressing, MAIN, rawMessages, scripted, summarizing } from './support/fleet.ts';
import { toolDialogue } from './support/tool-dialogue.ts';

const CONVERSATIONS = 150;
const SMALL = { threshold: 600, target: 20, tail: 150, step: 300 };
const SUMMARY_MARK = '[Summary of earlier messages';

/** Which exchange each message belongs to: the place of the message that asked, or its own. */
function exchangesOf(messages: readonly Message[]): number[] {
  const askedAt = new Map<string, number>();
  return messages.map(({ tool_calls, tool_call_id }, index) => {
    for (const { id } of tool_calls ?? []) askedAt.set(id, index);
    return tool_call_id === undefined ? index : (askedAt.get(tool_call_id) ?? index);
  });
}

function openAt(messages: readonly Message[], end: number): Set<string> {
  const open = new Set<string>();
  for (const { tool_calls, tool_call_id } of messages.slice(0, end)) {
    for (const { id } of tool_calls ?? []) open.add(id);
    if (tool_call_id !== undefined) open.delete(tool_call_id);
  }
  return open;
}

test('in made-up conversations no tool exchange is ever split, and what must stay stays byte for byte', async () => {
  const servers = await scripted(summarizing((index) => `Facts: ${index}.`));
  const gateway = await compressing(servers, SMALL);
  let compressed = 0;
  let withTools = 0;
  for (let seed = 1; seed <= CONVERSATIONS; seed += 1) {
    const messages = toolDialogue(seed);
    const response = await gateway.post(CHAT, { model: MAIN, messages });
    const header = response.headers.get('x-fleet-compression') ?? '';
    const sent = servers.sentTo(MAIN).at(-1);
    if (sent === undefined) throw new Error('nothing was sent');
    if (!/^(made|hit)/.test(header)) {
      expect(sent.json.messages, `seed ${seed}`).toEqual(messages);
      continue;
    }
    compressed += 1;
    const texts = messages.map((message) => JSON.stringify(message));
    const kept = rawMessages(sent).filter((text) => !text.includes(SUMMARY_MARK));
    let from = 0;
    const places = kept.map((text) => {
      const place = texts.indexOf(text, from);
      from = place + 1;
      return place;
    });
    expect(places, `seed ${seed}: every kept message is one that was sent, in order`).not.toContain(-1);
    const tail = Number(places.find((place, index) => texts.length - place === places.length - index));
    const exchanges = exchangesOf(messages);
    const split = exchanges.filter((exchange, index) => index >= tail && exchange < tail);
    expect(split, `seed ${seed}: results without their call`).toEqual([]);
    const removedOpen = openAt(messages, tail);
    expect([...removedOpen], `seed ${seed}: open calls stay`).toEqual([]);
    const lastUser = messages.findLastIndex(({ role }) => role === 'user');
    expect(tail, `seed ${seed}: the last turn stays`).toBeLessThanOrEqual(lastUser);
    const instructions = messages.filter(({ role }) => role === 'system' || role === 'developer');
    const keptInstructions = kept
      .map((text) => JSON.parse(text) as Message)
      .filter(({ role }) => role === 'system' || role === 'developer');
    expect(keptInstructions, `seed ${seed}`).toEqual(instructions);
    if (messages.slice(0, tail).some(({ role }) => role === 'tool')) withTools += 1;
  }
  expect(compressed).toBeGreaterThan(CONVERSATIONS / 2);
  expect(withTools).toBeGreaterThan(CONVERSATIONS / 3);
});
