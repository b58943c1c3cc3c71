import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refuseWithoutCapacity } from '../../../cli/canary/refusals.ts';
import type { Context } from '../../../cli/context.ts';
import { shippedEnvironment } from '../../support/synth.ts';

/** v32 is stable at 90 %, v33 canary at 5 %; each has one machine with four servers, of which Prometheus says how many answer. */
const staging = shippedEnvironment('staging');
const MODEL = 'gpt-oss-120b';
const GROWING_CANARY = { v32: 45, v33: 50, groq: 5 };

let server: Server;
let url: string;
/** What Prometheus answers; a query that is not here has no samples. */
let answers: { up?: number; inFlight?: number };
let said: string[];
let clock: number;

beforeEach(async () => {
  answers = {};
  said = [];
  clock = 0;
  server = createServer(async (request, response) => {
    const query = new URLSearchParams((await request.setEncoding('utf8').toArray()).join('')).get('query');
    const value = query?.includes('oss_requests_in_flight') ? answers.inFlight : answers.up;
    const result = value === undefined ? [] : [{ metric: {}, value: [0, String(value)] }];
    response.end(JSON.stringify({ status: 'success', data: { result } }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => new Promise((done) => server.close(done)));

function refuse(percents: Readonly<Record<string, number>>, env: Context['env']): Promise<void> {
  const weights = Object.fromEntries(Object.entries(percents).map(([name, weight]) => [name, weight * 100]));
  return refuseWithoutCapacity(staging, MODEL, weights, {
    ...{ project: '', folder: '', toolkit: '', env, now: () => clock },
    progress: (line) => said.push(line),
    readInput: async () => '',
    onInterrupt: () => () => undefined,
    sleep: async (milliseconds) => {
      clock += milliseconds;
    },
  });
}

const seen = () => ({ FLEET_PROMETHEUS_URL: url });

test('a canary with healthy servers that can take its share is let through', async () => {
  answers = { up: 1, inFlight: 400 };
  await refuse(GROWING_CANARY, seen());
  expect(said).toEqual([]);
});

test('a step beyond the capacity of the canary is refused with both numbers', async () => {
  answers = { up: 1, inFlight: 600 };
  await expect(refuse(GROWING_CANARY, seen())).rejects.toThrow(
    'gpt-oss-120b v33: 50 % would be up to 300 requests at once (600 in the last minutes), 1 server can work on 256; add servers or take a smaller step',
  );
});

test('a canary without healthy servers is refused', async () => {
  answers = { up: 0, inFlight: 10 };
  await expect(refuse(GROWING_CANARY, seen())).rejects.toThrow(
    'gpt-oss-120b v33: none of its 4 servers is healthy, so it cannot take 50 %',
  );
});

test('a canary whose health nobody knows is refused, with what to do', async () => {
  await expect(refuse(GROWING_CANARY, {})).rejects.toThrow(
    /^gpt-oss-120b v33: how many of its servers are healthy is not known.*\nset FLEET_PROMETHEUS_URL to where the Prometheus of staging is; or answer for it: write the weights into environments\/staging\.yaml and `fleet up staging`$/s,
  );
});

test('a canary whose share nobody knows is refused with what is known, once Prometheus had time to see a gateway', async () => {
  answers = { up: 1 };
  await expect(refuse(GROWING_CANARY, seen())).rejects.toThrow(
    '1 server can work on 256 requests at once, but how many 50 % would be is not known',
  );
  expect(clock).toBe(15_000);
});

test('traffic leaves a canary also while nobody knows anything', async () => {
  await refuse({ v32: 95, v33: 0, groq: 5 }, {});
  expect(said).toEqual([expect.stringContaining('gpt-oss-120b v32: how many of its servers are healthy')]);
});
