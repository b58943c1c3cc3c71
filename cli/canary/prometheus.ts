import { z } from 'zod';
import type { Environment } from '../../contracts/environment.ts';
import { Failure, messageOf } from '../errors.ts';

/** One sample of an instant query. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What of Prometheus's HTTP API is used here. */
export interface Prometheus {
  readonly url: string;
  /** @throws Failure where there is no usable answer */
  readonly query: (expression: string) => Promise<readonly Sample[]>;
}

const TIMEOUT_MS = 5_000;

const Answer = z.looseObject({
  status: z.string(),
  error: z.string().optional(),
  data: z
    .looseObject({
      result: z.array(
        z.looseObject({
          metric: z.record(z.string(), z.string()),
          value: z.tuple([z.number(), z.string()]),
        }),
      ),
    })
    .optional(),
});

/** FLEET_PROMETHEUS_URL, else where the environment's own listens; undefined where only the cloud knows. */
export function prometheusUrl(
  environment: Environment,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (env.FLEET_PROMETHEUS_URL !== undefined) return env.FLEET_PROMETHEUS_URL.replace(/\/$/, '');
  const { platform, prometheus } = environment;
  if (platform !== 'process' && platform !== 'docker') return undefined;
  const address = environment[platform]?.address ?? '127.0.0.1';
  return `http://${address === '0.0.0.0' ? '127.0.0.1' : address}:${prometheus.port}`;
}

export function openPrometheus(url: string): Prometheus {
  return {
    url,
    async query(expression) {
      const answer = Answer.safeParse(await ask(url, expression)).data;
      if (answer?.status === 'success' && answer.data !== undefined)
        return answer.data.result.map(({ metric, value: [, text] }) => ({
          labels: metric,
          value: Number(text),
        }));
      throw new Failure(`Prometheus at ${url} refused a query: ${answer?.error ?? 'no result'}`);
    },
  };
}

/** Samples, or undefined where Prometheus cannot tell; why not is said. */
export async function queryIfAble(
  prometheus: Prometheus | undefined,
  expression: string,
  said: (line: string) => void,
): Promise<readonly Sample[] | undefined> {
  try {
    return await prometheus?.query(expression);
  } catch (error) {
    said(messageOf(error));
    return undefined;
  }
}

async function ask(url: string, expression: string): Promise<unknown> {
  try {
    const response = await fetch(`${url}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query: expression }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return await response.json();
  } catch (error) {
    const reason =
      error instanceof Error && error.cause instanceof Error ? messageOf(error.cause) : messageOf(error);
    throw new Failure(`Prometheus at ${url} does not answer: ${reason}`);
  }
}
