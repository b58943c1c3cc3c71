import { request as httpRequest } from 'node:http';
import { onTestFinished } from 'vitest';
import type { CompressionConfig } from '../../../../../contracts/compression.ts';
import type { EdgeConfig } from '../../../../../contracts/gateway-config.ts';
import { elementsOf } from '../../../../../services/gateway/json-edit.ts';
import { madeUpText } from '../../../../../services/vllm-simulator/answers.ts';
import { createSimulator, type Simulator } from '../../../../../services/vllm-simulator/simulator.ts';
import { chat, chatBody, sendJson } from '../../support/answers.ts';
import { type FakeUpstream, fakeUpstream, type Received, type Respond } from '../../support/fake-upstream.ts';
import { edgeConfig, type Started, start } from '../../support/start.ts';

/** Real simulated servers of both models behind a router that does nothing but find them and say which it was. */
export interface Fleet {
  readonly router: FakeUpstream;
  readonly main: Simulator;
  readonly summarizer: Simulator;
  /** What reached each model, oldest first. */
  sentTo(model: string): readonly Received[];
}

export const MAIN = 'gpt-oss-120b';
export const SUMMARIZER = 'gpt-oss-20b';
export const SETTINGS: CompressionConfig = {
  model: SUMMARIZER,
  threshold: 16_000,
  target: 200,
  tail: 2000,
  step: 8000,
  timeoutSeconds: 20,
};

const RELEASES: Readonly<Record<string, string>> = { [MAIN]: 'v1', [SUMMARIZER]: 'groq' };
/** About `SETTINGS.target` tokens, with its headings. */
export const SUMMARY = `Goal: none\nFacts: ${madeUpText(150, 7)}\nDecisions: none\nDone: none\nOpen: none`;

/** Time costs nothing here: tokens are computed at once. */
const FAST = { prefillTokensPerSecond: 1e9, decodeTokensPerSecond: 1e6, kvCacheBlocks: 100_000 };

async function server(model: string): Promise<{ readonly simulator: Simulator; readonly url: string }> {
  const simulator = createSimulator({
    args: [
      'serve',
      `openai/${model}`,
      '--served-model-name',
      model,
      '--port',
      '0',
      '--enable-prompt-tokens-details',
    ],
    simulation: { ...FAST, answers: [{ contains: 'Record what stands between', content: SUMMARY }] },
  });
  const { url } = await simulator.listen();
  onTestFinished(() => simulator.close());
  return { simulator, url };
}

export async function fleet(): Promise<Fleet> {
  const main = await server(MAIN);
  const summarizer = await server(SUMMARIZER);
  const urls: Readonly<Record<string, string>> = { [MAIN]: main.url, [SUMMARIZER]: summarizer.url };
  const router = await fakeUpstream((received) => {
    const model = modelOf(received);
    const forwarded = httpRequest(
      `${urls[model]}${received.path}`,
      { method: 'POST', headers: { ...received.headers, host: 'server' } },
      (answer) => {
        received.res.writeHead(answer.statusCode ?? 502, {
          ...answer.headers,
          'x-fleet-release': RELEASES[model],
        });
        answer.pipe(received.res);
      },
    );
    forwarded.on('error', () => received.res.destroy());
    received.res.on('close', () => forwarded.destroy());
    forwarded.end(received.body);
  });
  return {
    router,
    main: main.simulator,
    summarizer: summarizer.simulator,
    sentTo: (model) => router.requests.filter((received) => modelOf(received) === model),
  };
}

export function modelOf({ headers }: Pick<Received, 'headers'>): string {
  return String(headers['x-fleet-model']);
}

/** An edge that compresses what goes to the main model. */
export function compressingConfig(
  routerUrl: string,
  compression: Partial<CompressionConfig> = {},
  more: Partial<EdgeConfig> = {},
  summarizerContext = 131_072,
): EdgeConfig {
  const config = edgeConfig(routerUrl, more);
  const main = config.models[MAIN];
  const summarizer = config.models[SUMMARIZER];
  if (main === undefined || 'alias' in main || summarizer === undefined || 'alias' in summarizer)
    throw new Error('both models need releases');
  return {
    ...config,
    models: {
      ...config.models,
      [MAIN]: { ...main, compression: { ...SETTINGS, ...compression } },
      [SUMMARIZER]: { ...summarizer, contextTokens: summarizerContext },
    },
  };
}

export function compressing(
  { router }: Pick<Fleet, 'router'>,
  ...settings: Parameters<typeof compressingConfig> extends [string, ...infer Rest] ? Rest : never
): Promise<Started> {
  return start(compressingConfig(router.url, ...settings));
}

/** A router whose summariser a test scripts; the main model answers at once. */
export async function scripted(
  summarize: Respond = summarizing(() => SUMMARY),
): Promise<Pick<Fleet, 'router' | 'sentTo'>> {
  const main = chat(['fine']);
  const router = await fakeUpstream((received) =>
    modelOf(received) === SUMMARIZER ? summarize(received) : main(received),
  );
  return {
    router,
    sentTo: (model) => router.requests.filter((received) => modelOf(received) === model),
  };
}

/** A summariser that answers with the text; it is told how many were asked before. */
export function summarizing(text: (index: number) => string): Respond {
  let asked = 0;
  return (received) => {
    sendJson(received, 200, chatBody(text(asked)), { 'x-fleet-release': RELEASES[SUMMARIZER] });
    asked += 1;
  };
}

/** The messages that a request carries, each as the very text that was sent. */
export function rawMessages({ body }: Pick<Received, 'body'>): string[] {
  return elementsOf(body, 'messages').map(({ start, end }) => body.toString('utf8', start, end));
}
