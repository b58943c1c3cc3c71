import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { clientsExample } from '../../support/documented-example.ts';
import { ROOT } from '../../support/local-project.ts';
import { chatBody, contentEvent, DONE, sendJson, startStream } from './support/answers.ts';
import { edge } from './support/edge.ts';
import type { Respond } from './support/fake-upstream.ts';

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
  const code = clientsExample('Node');
  expect(await run(process.execPath, ['--input-type=module', '--eval', code])).toBe('Good day');
});

test('the example without a client prints an answer', async () => {
  const answer = JSON.parse(await run('bash', ['-c', clientsExample('Without a client')]));
  expect(answer.choices[0].message.content).toBe('Good day');
});
