import { Agent, request } from 'undici';
import { oneOf, seeded } from './seeded.ts';

interface MixedLoad {
  readonly baseUrl: string;
  /** Mean; it rises and falls by half of it every three minutes. */
  readonly requestsPerSecond: number;
  readonly seconds: number;
  readonly seed: number;
}

interface Conversation {
  readonly id: string;
  readonly model: string;
  readonly messages: { readonly role: 'system' | 'user' | 'assistant'; readonly content: string }[];
}

/** Weighted as they are asked for. */
const MODELS = ['gpt-oss-120b', 'gpt-oss-120b', 'gpt-oss-120b', 'gpt-oss-20b', 'gpt-oss-7b'] as const;
const CONVERSATIONS = 40;
const LONGEST_CONVERSATION = 12;
const WAVE_SECONDS = 180;
const WIDTH = 64;

/**
 * What people send: conversations that grow and share their beginning, whole and streamed answers of all lengths, clients
 * that leave, requests without sense. Bounded in time and number under way.
 * @returns How many requests were sent
 */
export async function mixedLoad({ baseUrl, requestsPerSecond, seconds, seed }: MixedLoad): Promise<number> {
  const random = seeded(seed);
  const dispatcher = new Agent({ connections: WIDTH });
  const running = new Set<Promise<void>>();
  const start = performance.now();
  let begun = 0;
  let sent = 0;
  const conversations: Conversation[] = Array.from({ length: CONVERSATIONS }, begin);

  function begin(): Conversation {
    begun += 1;
    const model = oneOf(random, MODELS);
    const system = { role: 'system' as const, content: words(`instructions of ${model}`, 700) };
    return { id: `mixed-${seed}-${begun}`, model, messages: [system] };
  }

  async function turn(): Promise<void> {
    const index = Math.floor(random() * CONVERSATIONS);
    const known = conversations[index];
    const conversation =
      known === undefined || known.messages.length > LONGEST_CONVERSATION ? begin() : known;
    conversations[index] = conversation;
    const { id, model, messages } = conversation;
    messages.push({ role: 'user', content: words(`question ${id} ${messages.length}`, 20 + 60 * random()) });
    const stream = random() < 0.7;
    const leaves = stream && random() < 0.05;
    const answer = await ask(id, {
      ...{ model, messages, stream, max_tokens: random() < 0.02 ? -1 : Math.ceil(10 + 110 * random()) },
      ...(stream ? { stream_options: { include_usage: true } } : {}),
    });
    if (leaves) answer.destroy();
    else await answer.dump();
    messages.push({ role: 'assistant', content: words(`answer ${id} ${messages.length}`, 40) });
  }

  async function ask(conversation: string, body: object) {
    const { body: answer } = await request(`${baseUrl}/chat/completions`, {
      dispatcher,
      method: 'POST',
      headers: {
        authorization: 'Bearer local',
        'content-type': 'application/json',
        'x-fleet-conversation': conversation,
      },
      body: JSON.stringify(body),
    });
    return answer.on('error', () => undefined);
  }

  for (;;) {
    const elapsed = (performance.now() - start) / 1000;
    if (elapsed >= seconds) break;
    if (running.size < WIDTH) {
      const task = turn().finally(() => running.delete(task));
      running.add(task);
      sent += 1;
    }
    const wave = 1 + 0.5 * Math.sin((2 * Math.PI * elapsed) / WAVE_SECONDS);
    await new Promise((done) => setTimeout(done, 1000 / (requestsPerSecond * wave)));
  }
  await Promise.all(running);
  await dispatcher.close();
  return sent;
}

/** A text that only its name decides. */
function words(name: string, count: number): string {
  return Array.from({ length: Math.round(count) }, (_, index) => `${name.replaceAll(' ', '')}${index}`).join(
    ' ',
  );
}
