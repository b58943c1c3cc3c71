import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { chat } from '../support/answers.ts';
import { gateway } from '../support/ledger-program.ts';
import { dialogue } from './support/dialogue.ts';
import { compressingConfig, MAIN, modelOf, SUMMARIZER, SUMMARY, summarizing } from './support/fleet.ts';

const DIST = resolve(import.meta.dirname, '../../../../dist/services');
const long = { model: MAIN, messages: dialogue(30, 1000) };

test('the program finds the one that counts tokens beside itself, and ends though that still runs', async () => {
  const summarize = summarizing(() => SUMMARY);
  const main = chat(['fine']);
  const program = await gateway(
    (received) => (modelOf(received) === SUMMARIZER ? summarize : main)(received),
    { models: compressingConfig('http://unused').models },
  );
  const response = await program.post(long);
  expect(response.headers.get('x-fleet-compression')).toMatch(/^made;/);
  expect(await program.stop()).toBe(0);
});

test('the tokenizer is no part of the gateway itself', () => {
  expect(readFileSync(`${DIST}/gateway.js`, 'utf8')).not.toContain('gpt-tokenizer');
  expect(readFileSync(`${DIST}/gateway-tokens.js`, 'utf8')).toContain('gpt-tokenizer');
});
