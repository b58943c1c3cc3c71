import { readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../../services/vllm-simulator/clock.ts';
import type { RequestRecord } from '../../../services/vllm-simulator/record.ts';
import type { SimulationInput } from '../../../services/vllm-simulator/simulation-options.ts';
import { createSimulator, type Simulator } from '../../../services/vllm-simulator/simulator.ts';

/** Text of a file of test/fixtures/vllm-0.32. */
export const recorded = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../fixtures/vllm-0.32/${name}`, import.meta.url)), 'utf8');

/** So fast that no test waits. */
export const FAST: SimulationInput = { prefillTokensPerSecond: 1e9, decodeTokensPerSecond: 1e9 };

/** Prompts take no time, answers never end. */
export const SLOW: SimulationInput = { prefillTokensPerSecond: 1e9, decodeTokensPerSecond: 0.001 };

export interface Running extends Simulator {
  readonly url: string;
  readonly port: number;
}

/** Starts a simulator on a free port; it is closed with the test. */
export async function start({
  model = 'tiny',
  args = [],
  simulation = FAST,
  vllmApiKey,
}: {
  model?: string;
  args?: readonly string[];
  simulation?: SimulationInput;
  vllmApiKey?: string;
} = {}): Promise<Running> {
  const simulator = createSimulator({
    args: [
      'serve',
      model,
      '--host',
      '127.0.0.1',
      '--port',
      '0',
      '--served-model-name',
      'gpt-oss-120b',
      ...args,
    ],
    simulation,
    vllmApiKey,
  });
  onTestFinished(() => simulator.close());
  const { url, port } = await simulator.listen();
  return Object.defineProperties(simulator as Running, { url: { value: url }, port: { value: port } });
}

export interface RawAnswer {
  readonly status: number;
  /** As sent: order and case. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** Sends a request and gives the answer with its headers as they came. */
export function send(
  { port }: { port: number },
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<RawAnswer> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const all = text === undefined ? headers : { 'content-type': 'application/json', ...headers };
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, method, path, headers: all, agent: false }, (answer) => {
      readAll(answer).then((bytes) => {
        const { rawHeaders } = answer;
        const pairs = rawHeaders.flatMap((name, index) =>
          index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ''] as const] : [],
        );
        resolve({ status: answer.statusCode ?? 0, headers: pairs, body: bytes });
      }, reject);
    });
    call.on('error', reject);
    call.end(text);
  });
}

async function readAll(answer: IncomingMessage): Promise<string> {
  answer.setEncoding('utf8');
  let text = '';
  for await (const chunk of answer) text += chunk;
  return text;
}

export const post = (
  simulator: { port: number },
  path: string,
  body: unknown,
  headers?: Record<string, string>,
) => send(simulator, 'POST', path, body, headers);

/** A chat request of one user message. */
export const chat = (text: string, more: Record<string, unknown> = {}) => ({
  model: 'gpt-oss-120b',
  messages: [{ role: 'user', content: text }],
  ...more,
});

/** The data of a stream's events, parsed; `[DONE]` as it is. */
export function events(body: string): (Record<string, unknown> | '[DONE]')[] {
  return body
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) =>
      line === 'data: [DONE]' ? '[DONE]' : (JSON.parse(line.slice(6)) as Record<string, unknown>),
    );
}

interface StreamChoice {
  readonly delta: Readonly<Record<string, unknown>>;
  readonly finish_reason: string | null;
}

/** The first choice of each chunk of a chat stream. */
export const choices = (body: string): StreamChoice[] =>
  events(body).flatMap((event) => (event === '[DONE]' ? [] : (event.choices as StreamChoice[])));

/** Waits for something that another turn of the event loop brings about; the test's timeout limits it. */
export async function until<Value>(
  find: () => Value | undefined | false | Promise<Value | undefined | false>,
): Promise<Value> {
  for (;;) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The record number `count`, as soon as it is there. */
export const recordOf = (simulator: Simulator, count = 1): Promise<RequestRecord> =>
  until(() => simulator.records[count - 1]);

/** Samples of a metrics page by name and labels as written. */
export async function metrics(simulator: { port: number }): Promise<Map<string, number>> {
  const { body } = await send(simulator, 'GET', '/metrics');
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

/** A `vllm:` sample of the first model. */
export async function metric(
  simulator: { port: number },
  name: string,
  labels = '',
): Promise<number | undefined> {
  const all = await metrics(simulator);
  const key = [...all.keys()].find((sample) => sample.startsWith(`vllm:${name}{`) && sample.includes(labels));
  return key === undefined ? undefined : all.get(key);
}

/** A clock that stands still until it is moved. */
export function fakeClock(): Clock & { advance(milliseconds: number): void } {
  let time = 1000;
  let timers: { at: number; callback: () => void }[] = [];
  return {
    now: () => time,
    wall: () => 1.8e12 + time,
    schedule(callback, milliseconds) {
      const timer = { at: time + milliseconds, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(milliseconds) {
      const end = time + milliseconds;
      for (;;) {
        const due = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers = timers.filter((timer) => timer !== due);
        time = Math.max(time, due.at);
        due.callback();
      }
      time = end;
    },
  };
}
