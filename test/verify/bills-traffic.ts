import { Agent, request } from 'undici';
import { oneOf, seeded } from '../support/seeded.ts';

/** What a client asked for and how it ended, as the client saw it. */
export type Seen = 'completed' | 'left' | 'broken' | 'refused';

interface Traffic {
  readonly baseUrl: string;
  readonly total: number;
  readonly width: number;
  readonly seed: number;
}

const WORDS = [
  'alpha',
  'beta',
  'gamma',
  'delta',
  'epsilon',
  'zeta',
  'eta',
  'theta',
  'iota',
  'kappa',
] as const;
/** Weighted as they are asked for. */
const MODELS = ['gpt-oss-120b', 'gpt-oss-120b', 'gpt-oss-120b', 'gpt-oss-20b', 'gpt-oss-7b'] as const;
const PATHS = [
  '/chat/completions',
  '/chat/completions',
  '/chat/completions',
  '/completions',
  '/responses',
] as const;
/** Text that the simulators' faults look for. */
export const CUT = 'CUT-IT';
export const FAIL = 'FAIL-IT';

/**
 * Sends requests of all kinds: three APIs, three models, whole and streamed, with and without usage, with prefixes that
 * were sent before and conversations that are long enough to be compressed, clients that leave, servers that break off.
 */
export async function send({ baseUrl, total, width, seed }: Traffic): Promise<Map<Seen, number>> {
  const random = seeded(seed);
  const dispatcher = new Agent({ connections: width });
  const seen = new Map<Seen, number>();
  let next = 0;

  async function worker(): Promise<void> {
    while (next < total) {
      next += 1;
      const ended = await one(baseUrl, dispatcher, random, next);
      seen.set(ended, (seen.get(ended) ?? 0) + 1);
    }
  }
  await Promise.all(Array.from({ length: width }, worker));
  await dispatcher.close();
  return seen;
}

async function one(baseUrl: string, dispatcher: Agent, random: () => number, number: number): Promise<Seen> {
  const path = oneOf(random, PATHS);
  const model = oneOf(random, MODELS);
  const stream = random() < 0.5;
  const fate = random();
  const leaves = fate < 0.03;
  // Of a whole answer that breaks off its client has nothing and is charged nothing.
  const mark = fate > 0.985 && stream ? CUT : fate > 0.97 ? FAIL : '';
  const text = `${mark} question ${number}: ${words(random, 3 + Math.floor(random() * 30))}`;
  const body = {
    ...{ model, stream },
    ...(path === '/chat/completions' ? { messages: conversation(random, text) } : {}),
    ...(path === '/completions' ? { prompt: text } : {}),
    ...(path === '/responses' ? { input: text } : {}),
    [path === '/responses' ? 'max_output_tokens' : 'max_tokens']: leaves
      ? 400
      : 1 + Math.floor(random() * 40),
    ...(stream && path !== '/responses' && random() < 0.5 ? { stream_options: { include_usage: true } } : {}),
  };
  const client = new AbortController();
  const leaveAfterChunks = leaves && stream ? 1 + Math.floor(random() * 20) : Number.POSITIVE_INFINITY;
  const timer = leaves && !stream ? setTimeout(() => client.abort(), 20 + random() * 100) : undefined;
  try {
    const answer = await request(`${baseUrl}${path}`, {
      method: 'POST',
      dispatcher,
      signal: client.signal,
      headers: { authorization: 'Bearer local', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    let received = '';
    let chunks = 0;
    for await (const chunk of answer.body) {
      received += String(chunk);
      chunks += 1;
      if (chunks >= leaveAfterChunks) client.abort();
    }
    if (answer.statusCode !== 200) return 'refused';
    return /^(event: )?data: \{"error"/m.test(received) || received.includes('"upstream_cut"')
      ? 'broken'
      : 'completed';
  } catch (error) {
    if (client.signal.aborted) return 'left';
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function conversation(random: () => number, text: string) {
  const prefix = Math.floor(random() * 50);
  const system = { role: 'system', content: `prefix ${prefix} ${words(seeded(prefix), 80)}` };
  const turns = random() < 0.02 ? 12 : 0;
  const history = Array.from({ length: turns }, (_, turn) => [
    { role: 'user', content: `turn ${turn} ${words(random, 60)}` },
    { role: 'assistant', content: words(random, 60) },
  ]);
  return [system, ...history.flat(), { role: 'user', content: text }];
}

function words(random: () => number, count: number): string {
  return Array.from({ length: count }, () => oneOf(random, WORDS)).join(' ');
}
