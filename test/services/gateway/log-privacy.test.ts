import { expect, test } from 'vitest';
import { chatBody, contentEvent, sendJson, startStream } from './support/answers.ts';
import { CHAT, edge } from './support/edge.ts';
import { eventually } from './support/eventually.ts';
import { fakeUpstream, type Respond } from './support/fake-upstream.ts';
import { egressConfig, HOP_KEY, type Started, start } from './support/start.ts';

const PROMPT = 'prompt-that-nobody-may-read';
const COMPLETION = 'completion-that-nobody-may-read';

/** One answer after the other: whole, streamed, cut, no JSON, an error that quotes the prompt, Harmony in text, reset. */
function inTurn(): Respond {
  let turn = 0;
  const answers: readonly Respond[] = [
    (received) => sendJson(received, 200, chatBody(COMPLETION)),
    (received) => {
      startStream(received);
      received.res.end(contentEvent(COMPLETION));
    },
    (received) => {
      startStream(received);
      received.res.write(contentEvent(COMPLETION), () => received.socket.destroy());
    },
    (received) => sendJson(received, 200, `{"choices": ${COMPLETION}`),
    (received) => sendJson(received, 500, JSON.stringify({ error: { message: PROMPT } })),
    (received) => sendJson(received, 200, chatBody(`<|channel|>${COMPLETION}`)),
    ({ socket }) => socket.resetAndDestroy(),
  ];
  return (received) => {
    answers[turn % answers.length]?.(received);
    turn += 1;
  };
}

async function mixedRun(gateway: Started, headers: Record<string, string>, model: string): Promise<string> {
  const whole = { model, messages: [{ role: 'user', content: PROMPT }] };
  const bodies = [
    whole,
    { ...whole, stream: true },
    { ...whole, model: PROMPT },
    { ...whole, max_tokens: PROMPT },
    `{"model": "${model}", "messages": ${PROMPT}`,
  ];
  for (let turn = 0; turn < 7; turn += 1)
    for (const body of bodies)
      await gateway
        .post(CHAT, body, headers)
        .then((response) => response.text())
        .catch(() => {});
  await eventually(() => expect(gateway.log.length).toBeGreaterThanOrEqual(14));
  return JSON.stringify(gateway.log);
}

test('no line of the edge’s log has a prompt, a completion or a key', async () => {
  const { gateway } = await edge(inTurn());
  const log = await mixedRun(gateway, {}, 'gpt-oss-120b');
  const wrong = await gateway.post(CHAT, {}, { authorization: 'Bearer key-that-is-wrong' });
  expect(wrong.status).toBe(401);
  for (const secret of [PROMPT, COMPLETION, gateway.key, HOP_KEY, 'key-that-is-wrong'])
    expect(log + JSON.stringify(gateway.log)).not.toContain(secret);
});

test('nor has one of the egress’s', async () => {
  const endpoint = await fakeUpstream(inTurn());
  const gateway = await start(egressConfig(endpoint.url));
  const hop = { 'x-fleet-hop-key': HOP_KEY, 'x-fleet-model': 'gpt-oss-20b', 'x-fleet-release': 'groq' };
  const log = await mixedRun(gateway, hop, 'gpt-oss-20b');
  for (const secret of [PROMPT, COMPLETION, gateway.key, HOP_KEY, 'groq-secret'])
    expect(log).not.toContain(secret);
});
