import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AskBench, REQUEST } from './ask-support.ts';
import { fixture } from './support.ts';

let bench: AskBench;
beforeEach(async () => {
  bench = await AskBench.open();
});
afterEach(() => bench.close());

describe('which model host', () => {
  test.each([
    [
      {},
      'which model host? Give --env with the name of an environment, or OPENAI_BASE_URL and OPENAI_API_KEY',
    ],
    [
      { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' },
      'OPENAI_BASE_URL is given and OPENAI_API_KEY is not; set both',
    ],
  ])('%j is not enough', async (env, said) => {
    const none = { OPENAI_BASE_URL: '', OPENAI_API_KEY: '', ...env };
    const { code, stderr } = await bench.askAt({ env: none }, REQUEST);
    expect({ code, stderr }).toEqual({ code: 2, stderr: `${said}\n` });
  });

  test("--env is the environment's gateway, with FLEET_API_KEY", async () => {
    const { port } = new URL(bench.model.baseUrl);
    const text = fixture('environments/good/process.yaml').replace(
      /^gateway:\n/m,
      `gateway:\n  port: ${port}\n`,
    );
    bench.workplace.write('environments/local.yaml', text);
    const env = { TMPDIR: bench.temporary, OPENAI_BASE_URL: '', FLEET_API_KEY: 'mine' };
    const { code, stderr } = await bench.askAt({ env }, REQUEST, '--env', 'local');
    expect(code, stderr).toBe(0);
    expect(bench.model.keys[0]).toBe('mine');
  });

  test('an environment that does not exist', async () => {
    const { code, stderr } = await bench.ask(REQUEST, '--env', 'prd');
    expect(code).toBe(2);
    expect(stderr).toContain('environments/prd.yaml does not exist');
  });

  test.each([
    [401, 'invalid key', 'give a key in FLEET_API_KEY (with --env) or OPENAI_API_KEY'],
    [404, 'no model x', '--model names another than gpt-oss-120b'],
    [500, 'broken', 'broken'],
  ])('an answer %i is said, with what to do', async (status, message, said) => {
    bench.model.failures.push({ status, message });
    const { code, stdout, stderr } = await bench.ask(REQUEST);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain(said);
    expect(stderr).not.toContain('ask-key');
  });

  test('a host that nobody answers at', async () => {
    const env = { ...bench.host, OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' };
    const { code, stderr } = await bench.askAt({ env }, REQUEST);
    expect(code).toBe(1);
    expect(stderr).toContain('http://127.0.0.1:1/v1: Connection error.');
  });
});
