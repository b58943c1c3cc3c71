import { request as httpRequest } from 'node:http';
import { onTestFinished } from 'vitest';
import type { CompressionConfig } from '../../../../contracts/compression.ts';
import type { EdgeConfig } from '../../../../contracts/gateway-config.ts';
import { madeUpText } from '../../../../services/vllm-simulator/answers.ts';
import { createSimulator, type Simulator } from '../../../../services/vllm-simulator/simulator.ts';
import { type FakeUpstream, fakeUpstream, type Received } from '../support/fake-upstream.ts';
import { edgeConfig, type Started, start } from '../support/start.ts';

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
): EdgeConfig {
  const config = edgeConfig(routerUrl, more);
  const model = config.models[MAIN];
  if (model === undefined || 'alias' in model) throw new Error(`${MAIN} has no releases`);
  return {
    ...config,
    models: { ...config.models, [MAIN]: { ...model, compression: { ...SETTINGS, ...compression } } },
  };
}

export function compressing(
  { router }: Pick<Fleet, 'router'>,
  compression: Partial<CompressionConfig> = {},
  more: Partial<EdgeConfig> = {},
): Promise<Started> {
  return start(compressingConfig(router.url, compression, more));
}
