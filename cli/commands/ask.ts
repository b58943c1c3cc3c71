import { existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { TOOLS } from '../../ask/catalogue.ts';
import type { Configuration } from '../../ask/configuration.ts';
import { converse } from '../../ask/conversation.ts';
import { type ExplainedResource, explained } from '../../ask/explain.ts';
import { hclOf } from '../../ask/hcl.ts';
import { findingText, planFindings } from '../../ask/plan-checks.ts';
import { PROVIDER_SCHEMAS } from '../../ask/schemas.ts';
import type { Finding } from '../../plan/judge.ts';
import { machinePrice } from '../../plan/of-catalogue.ts';
import type { Class } from '../../plan/surroundings.ts';
import { chatModel } from '../ask/client.ts';
import { hostOf } from '../ask/host.ts';
import { type Validation, Validator } from '../ask/validator.ts';
import type { Surroundings } from '../context.ts';
import { Failure, UsageError } from '../errors.ts';

export interface AskFlags {
  /** Environment whose gateway is asked. */
  readonly env?: string;
  readonly project?: string;
  readonly model: string;
  readonly out?: string;
  readonly force: boolean;
  readonly explain: boolean;
  readonly header: boolean;
  readonly class: Class;
  readonly turns: number;
}

/** What `--json` prints. See docs/operations/fleet-ask.schema.json. */
export interface AskResult {
  readonly version: 1;
  readonly request: string;
  readonly model: string;
  readonly outcome: 'written' | 'question';
  /** What the model asks, or why it made nothing. */
  readonly question?: string;
  readonly hcl?: string;
  readonly file?: string;
  readonly validation?: Exclude<Validation, { result: 'invalid' }>;
  readonly findings: readonly Finding[];
  readonly resources: readonly ExplainedResource[];
  readonly notes: readonly string[];
  readonly answers: number;
  readonly corrections: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

interface Check {
  readonly problems: readonly string[];
  readonly hcl: string;
  readonly validation: Validation;
  readonly findings: readonly Finding[];
}

/**
 * Has a model choose tools and fill their arguments, writes Terraform of them, and checks it. Applies nothing.
 * `shared`: for several requests in a row; whoever made it closes it.
 * @throws UsageError, Interrupted, Failure when the model cannot be asked or does not come to anything that passes
 */
export async function askFor(
  given: string,
  flags: AskFlags,
  surroundings: Surroundings,
  shared?: Validator,
): Promise<AskResult> {
  const { folder, env, progress } = surroundings;
  const request = (given === '-' ? await surroundings.readInput() : given).trim();
  if (request === '') throw new UsageError('what should be written? The request is empty');
  const out = flags.out === undefined ? undefined : writable(flags.out, flags.force, folder);
  const host = hostOf(flags, folder, env);
  const abort = new AbortController();
  const end = surroundings.onInterrupt(() => abort.abort());
  const validator = shared ?? new Validator(surroundings);
  try {
    const model = await chatModel(host, flags.model, abort.signal);
    const outcome = await converse(request, {
      tools: TOOLS,
      schemas: PROVIDER_SCHEMAS,
      corrections: flags.turns,
      progress,
      model: (messages, tools) => {
        progress(`asking ${flags.model} at ${host.baseUrl}`);
        return model(messages, tools);
      },
      check: (configuration) => checked(configuration, flags, validator, surroundings),
    });
    const { answers, corrections, promptTokens, completionTokens } = outcome;
    const base = {
      ...({ version: 1, request, model: flags.model } as const),
      ...{ answers, corrections, promptTokens, completionTokens },
    };
    if (outcome.kind === 'refused') throw new Failure(refusal(corrections, outcome.problems));
    if (outcome.kind === 'question')
      return { ...base, outcome: 'question', question: outcome.text, findings: [], resources: [], notes: [] };
    const { check, configuration, notes } = outcome;
    const { validation, findings } = check;
    if (validation.result === 'invalid') throw new Failure(refusal(corrections, validation.problems));
    const code = flags.header ? check.hcl : hclOf(configuration, { explain: flags.explain, header: false });
    const hcl = `${headOf(validation)}${code}`;
    if (out !== undefined) writeFileSync(out, hcl, { flag: flags.force ? 'w' : 'wx' });
    return {
      ...base,
      ...{ outcome: 'written', hcl, validation, findings, notes, resources: explained(configuration) },
      ...(flags.out === undefined ? {} : { file: flags.out }),
    };
  } finally {
    end();
    if (shared === undefined) validator.close();
  }
}

async function checked(
  configuration: Configuration,
  { explain, class: environment }: AskFlags,
  validator: Validator,
  { now }: Surroundings,
): Promise<Check> {
  const providers = configuration.required.map(({ name }) => name);
  const { hcl, validation } = await validator.validate(
    hclOf(configuration, { explain, header: true }),
    providers,
  );
  const today = new Date(now()).toISOString().slice(0, 10);
  const findings = planFindings(configuration, { class: environment, price: machinePrice }, today);
  const denied = findings.filter(({ severity }) => severity === 'deny').map(findingText);
  const invalid = validation.result === 'invalid' ? validation.problems : [];
  return { problems: [...invalid, ...denied], hcl, validation, findings };
}

/** So that nobody takes a file that was not validated for one that was. */
function headOf(validation: Validation): string {
  return validation.result === 'unavailable' ? `# NOT VALIDATED by Terraform: ${validation.reason}.\n` : '';
}

function refusal(corrections: number, problems: readonly string[]): string {
  const times = corrections === 1 ? 'one correction' : `${corrections} corrections`;
  return [
    `nothing was written: after ${times} this is still wrong:`,
    ...problems.map((one) => `- ${one}`),
  ].join('\n');
}

/** @throws UsageError before anybody is asked, rather than after */
function writable(given: string, force: boolean, folder: string): string {
  const path = resolve(folder, given);
  if (!existsSync(dirname(path))) throw new UsageError(`--out: the folder of ${given} does not exist`);
  if (!existsSync(path)) return path;
  if (!statSync(path).isFile()) throw new UsageError(`--out: ${given} is not a file`);
  if (!force) throw new UsageError(`--out: ${given} exists; --force writes over it`);
  return path;
}
