import { Agent, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { createSimulator, type Simulator } from '../../services/vllm-simulator/simulator.ts';
import { HEADERS, MODEL } from './nginxes.ts';

const SERVERS = 4;
const CONVERSATIONS = 200;
const TURNS = 8;
const AT_A_TIME = 16;
/** Words of a user's turn; an answer has as many tokens. */
const WORDS = 150;
/** Of 16 tokens. Together the servers can hold every conversation once, one alone cannot. */
const BLOCKS = 16_384;

export const WORKLOAD = `${CONVERSATIONS} conversations of ${TURNS} turns, ${AT_A_TIME} at a time in random order, each turn adds ${WORDS} words and an answer of ${WORDS} tokens; ${SERVERS} simulated servers with ${BLOCKS} blocks of 16 tokens each, vLLM's eviction; 20,000 prompt tokens/s`;

export interface CacheResult {
  /** Share of prompt tokens that came from the cache. */
  readonly hitRate: number;
  /** Mean milliseconds to the first token, at the servers. */
  readonly firstTokenMs: number;
  readonly promptTokens: number;
}

/** Starts fresh servers and what stands before them, and has every conversation through it. */
export async function prefixCacheRun(
  startFront: (servers: readonly number[]) => Promise<{ readonly port: number; stop(): Promise<void> }>,
  random: () => number,
): Promise<CacheResult> {
  const servers = Array.from({ length: SERVERS }, startServer);
  const ports = await Promise.all(servers.map(async (server) => (await server.listen()).port));
  const front = await startFront(ports);
  const agent = new Agent({ keepAlive: true, maxSockets: AT_A_TIME });
  try {
    await converse(agent, front.port, random);
    return resultOf(servers);
  } finally {
    agent.destroy();
    await front.stop();
    await Promise.all(servers.map((server) => server.close()));
  }
}

function startServer(): Simulator {
  const flags = ['--host', '127.0.0.1', '--port', '0', '--served-model-name', MODEL];
  return createSimulator({
    args: ['serve', 'openai/gpt-oss-120b', ...flags, '--enable-prompt-tokens-details'],
    simulation: { decodeTokensPerSecond: 10_000, kvCacheBlocks: BLOCKS },
  });
}

interface Message {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** The next turn is always of a conversation that is not being answered, drawn at random. */
async function converse(agent: Agent, port: number, random: () => number): Promise<void> {
  const waiting = Array.from({ length: CONVERSATIONS }, (_, id) => ({ id, history: [] as Message[] }));
  const lane = async () => {
    for (;;) {
      const [conversation] = waiting.splice(Math.floor(random() * waiting.length), 1);
      if (conversation === undefined) return;
      const { id, history } = conversation;
      history.push({ role: 'user', content: words(random) });
      history.push({ role: 'assistant', content: await answer(agent, port, id, history) });
      if (history.length < 2 * TURNS) waiting.push(conversation);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
}

function words(random: () => number): string {
  return Array.from({ length: WORDS }, () => Math.floor(random() * 1e6).toString(36)).join(' ');
}

function answer(agent: Agent, port: number, id: number, messages: readonly Message[]): Promise<string> {
  const body = JSON.stringify({ model: MODEL, max_tokens: WORDS, ignore_eos: true, messages });
  return new Promise((resolve, reject) => {
    const headers = {
      ...HEADERS,
      'x-fleet-routing-key': `conversation-${id}`,
      'content-length': Buffer.byteLength(body),
    };
    request(
      { agent, host: '127.0.0.1', port, method: 'POST', path: '/v1/chat/completions', headers },
      (response) => {
        if (response.statusCode !== 200) return reject(new Error(`answered ${response.statusCode}`));
        json(response).then((parsed) => {
          const { choices } = parsed as { readonly choices: readonly { readonly message: Message }[] };
          resolve(choices[0]?.message.content ?? '');
        }, reject);
      },
    )
      .on('error', reject)
      .end(body);
  });
}

function resultOf(servers: readonly Simulator[]): CacheResult {
  const records = servers.flatMap((server) => server.records);
  const broken = records.filter(({ outcome }) => outcome !== 'completed').length;
  if (broken > 0 || records.length !== CONVERSATIONS * TURNS)
    throw new Error(`${records.length} requests, ${broken} of them not answered`);
  const sum = (of: (record: (typeof records)[number]) => number) =>
    records.reduce((total, record) => total + of(record), 0);
  const promptTokens = sum((record) => record.promptTokens);
  return {
    promptTokens,
    hitRate: sum(({ cachedTokens }) => cachedTokens) / promptTokens,
    firstTokenMs:
      sum(({ firstTokenAt, endedAt, startedAt }) => (firstTokenAt ?? endedAt) - startedAt) / records.length,
  };
}
