import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { chatBody, contentEvent, DONE, sendJson, startStream } from './support/answers.ts';
import { edge } from './support/edge.ts';
import type { Respond } from './support/fake-upstream.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const page = readFileSync(join(ROOT, 'docs/operations/clients.md'), 'utf8');
const example = (heading: string) =>
  new RegExp(`^## ${heading}\\n[^]*?^\`\`\`\\w+\\n([^]*?)^\`\`\``, 'm').exec(page)?.[1] ?? '';

const answers: Respond = (received) => {
  if (received.json.stream !== true) return sendJson(received, 200, chatBody('Good day'));
  startStream(received);
  received.res.end(contentEvent('Good') + contentEvent(' day') + DONE);
};

async function run(command: string, args: readonly string[]): Promise<string> {
  const { gateway } = await edge(answers);
  const env = { ...process.env, OPENAI_BASE_URL: `${gateway.url}/v1`, OPENAI_API_KEY: gateway.key };
  const { stdout } = await promisify(execFile)(command, args, { cwd: ROOT, env });
  return stdout;
}

test('the example for Node streams an answer', async () => {
  const code = example('Node');
  expect(await run(process.execPath, ['--input-type=module', '--eval', code])).toBe('Good day');
});

test('the example without a client prints an answer', async () => {
  const answer = JSON.parse(await run('bash', ['-c', example('Without a client')]));
  expect(answer.choices[0].message.content).toBe('Good day');
});
