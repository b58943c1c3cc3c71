import { setTimeout as delay } from 'node:timers/promises';
import type { LocalProject } from '../support/local-project.ts';

/** A steady flow of short streams from ever new conversations, until it is ended. */
export function startTraffic(
  { baseUrl }: LocalProject,
  model: string,
  perSecond: number,
): () => Promise<void> {
  let going = true;
  const open = new Set<Promise<void>>();
  const flow = (async () => {
    while (going) {
      const request = ask(baseUrl, model, `${Math.random()}`).finally(() => open.delete(request));
      open.add(request);
      await delay(1000 / perSecond);
    }
  })();
  return async () => {
    going = false;
    await flow;
    await Promise.all(open);
  };
}

async function ask(baseUrl: string, model: string, conversation: string): Promise<void> {
  const response = await fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer local',
      'content-type': 'application/json',
      'x-fleet-conversation': conversation,
    },
    body: JSON.stringify({
      model,
      messages: [{ role: 'user', content: 'Hi' }],
      max_tokens: 4,
      stream: true,
    }),
    signal: AbortSignal.timeout(10_000),
  });
  await response.text();
}
