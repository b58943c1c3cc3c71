import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TOOLS } from '../../ask/catalogue.ts';
import { expand } from '../../ask/expand.ts';
import { hclOf } from '../../ask/hcl.ts';
import { PROVIDER_SCHEMAS } from '../../ask/schemas.ts';
import { Validator } from '../../cli/ask/validator.ts';
import { type AskResult, askFor } from '../../cli/commands/ask.ts';
import type { Surroundings } from '../../cli/context.ts';
import { Failure } from '../../cli/errors.ts';
import { type AskRequest, askRequests } from '../ask/requests.ts';
import { anyArguments } from '../ask/support.ts';
import { environmentVariables, ROOT } from '../support/local-project.ts';
import { ScriptedModel } from '../support/scripted-model.ts';
import { hasProvider, pluginFlags, terraform } from '../support/terraform.ts';

const REQUESTS = askRequests();
const available = {
  aws: await hasProvider('aws', '~> 5.100'),
  google: await hasProvider('google', '~> 6.50'),
};

const FLAGS = { model: 'gpt-oss-120b', force: false, explain: false, header: true, turns: 4 } as const;

let model: ScriptedModel;
let surroundings: Surroundings;
let folder: string;
const validators = new Map<boolean, Validator>();
const printed = new Map<string, string>();

beforeAll(async () => {
  model = await ScriptedModel.start();
  folder = mkdtempSync(join(tmpdir(), 'fleet-asked-'));
  surroundings = {
    folder,
    toolkit: ROOT,
    env: {
      ...environmentVariables(),
      OPENAI_BASE_URL: model.baseUrl,
      OPENAI_API_KEY: 'scripted',
      TF_CLI_ARGS_init: pluginFlags().join(' '),
    },
    progress: () => undefined,
    readInput: async () => '',
    onInterrupt: () => () => undefined,
    now: Date.now,
    sleep: async () => undefined,
  };
});
afterAll(async () => {
  for (const validator of validators.values()) validator.close();
  rmSync(folder, { recursive: true, force: true });
  await model.close();
});

/** One for AWS alone and one for the others: Terraform is initialized twice and not forty times. */
function validatorFor(google: boolean): Validator {
  const existing = validators.get(google) ?? new Validator(surroundings);
  validators.set(google, existing);
  return existing;
}

async function asked({ request, turns, google }: AskRequest): Promise<AskResult | Failure> {
  model.play(turns);
  return askFor(request, { ...FLAGS, class: 'production' }, surroundings, validatorFor(google)).catch(
    (error: unknown) => {
      if (error instanceof Failure) return error;
      throw error;
    },
  );
}

test('there are forty requests, half of them in Chinese, most with a mistake of the model', () => {
  expect(REQUESTS.length).toBe(40);
  expect(REQUESTS.filter(({ request }) => /\p{Script=Han}/u.test(request)).length).toBe(20);
  expect(REQUESTS.filter(({ errs }) => errs !== undefined).length).toBeGreaterThan(25);
});

test.each([
  'wrong type',
  'unknown argument',
  'invented tool',
  'invents an argument and a resource',
  'HCL in a text',
  'broken JSON',
  'several calls at once',
])('one of the mistakes is: %s', (mistake) => {
  expect(REQUESTS.filter(({ errs = '' }) => errs.includes(mistake))).not.toEqual([]);
});

describe('what a scripted model makes of a request', () => {
  test.each(REQUESTS.map((request) => [request.request, request] as const))('%s', async (_text, request) => {
    const result = await asked(request);
    if (request.ends === 'refused') {
      expect(result).toBeInstanceOf(Failure);
      expect((result as Failure).message).toContain(request.says);
      return;
    }
    if (result instanceof Failure) throw result;
    expect(result.corrections).toBe(request.corrections);
    expect(result.outcome).toBe(request.ends);
    if (request.ends === 'question') {
      expect(result.hcl).toBeUndefined();
      return;
    }
    const { hcl = '', resources, validation } = result;
    const code = [hcl, ...resources.map(({ address }) => address)].join('\n');
    for (const piece of request.has) expect(code.replaceAll(/ +=/g, ' =')).toContain(piece);
    for (const piece of request.hasNot) expect(code).not.toContain(piece);
    if (available.aws && (!request.google || available.google)) {
      expect(validation).toEqual({ result: 'valid', warnings: [] });
      expect(hcl).not.toContain('NOT VALIDATED');
      printed.set(request.request, hcl);
    } else {
      expect(validation?.result).toBe('unavailable');
      expect(hcl).toMatch(/^# NOT VALIDATED by Terraform: terraform init could not get the provider /);
    }
  });
});

/** Terraform's own word on modules, apart from what fleet asked it. */
async function validates(modules: readonly string[]): Promise<unknown> {
  const place = mkdtempSync(join(folder, 'validate-'));
  modules.forEach((text, index) => {
    mkdirSync(join(place, `m${index}`));
    writeFileSync(join(place, `m${index}/main.tf`), text);
  });
  const calls = modules.map((_, index) => `module "m${index}" {\n  source = "./m${index}"\n}\n`);
  writeFileSync(join(place, 'main.tf'), calls.join('\n'));
  const init = await terraform(place, 'init', ...pluginFlags());
  if (init.code !== 0) throw new Error(init.stderr);
  const { stdout } = await terraform(place, 'validate', '-json');
  const { valid, diagnostics } = JSON.parse(stdout) as { valid: boolean; diagnostics: readonly unknown[] };
  return { valid, diagnostics };
}

test.skipIf(!available.aws)('Terraform finds everything valid that was printed', async () => {
  expect(printed.size).toBeGreaterThan(25);
  expect(await validates([...printed.values()])).toEqual({ valid: true, diagnostics: [] });
});

test.skipIf(!available.aws)('Terraform finds valid what any arguments of any tool make', async () => {
  const tools = TOOLS.filter(({ settings, provider }) => settings === undefined && available[provider]);
  const calls = tools.flatMap((tool) =>
    fc.sample(anyArguments(tool), { numRuns: 30, seed: 7 }).map((values) => ({ tool, values })),
  );
  const { configuration, problems } = expand(calls, PROVIDER_SCHEMAS);
  expect(problems).toEqual([]);
  const code = hclOf(configuration, { explain: true, header: true });
  expect(await validates([code])).toEqual({ valid: true, diagnostics: [] });
});
