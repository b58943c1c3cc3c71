import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../local-project.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** One change of a configuration, and what `fleet check` must say about it. */
export interface PlanCase {
  readonly name: string;
  /** What is wrong, or why it is harmless. */
  readonly why: string;
  /** The rule that must deny it. Absent: nothing may deny it. */
  readonly rule?: string;
  /** Where the mistake is known from: our catalogue (research), checkov, trivy. */
  readonly source?: Readonly<Partial<Record<'catalogue' | 'checkov' | 'trivy', string>>>;
  /** A file of `bases/`; absent: nothing is there. */
  readonly base?: string;
  /** The provider, where no base says it. */
  readonly provider?: Provider;
  /** Merged into the base: what is there before. */
  readonly before?: JsonObject;
  /** Merged into that: what is wanted. `null` takes a key away. */
  readonly change?: JsonObject;
  readonly taint?: readonly string[];
  /** Further arguments of `terraform plan`. */
  readonly args?: readonly string[];
  /** Facts of the environment that the plan is judged in, beside class production. */
  readonly context?: JsonObject;
}

export type Provider = 'aws' | 'google' | 'docker' | 'built-in';

const FOLDER = join(ROOT, 'test/fixtures/plan/corpus');

const files = new Map<string, unknown>();

/** A YAML file of the corpus. Nobody changes what it says, so it is read once. */
function read(path: string): unknown {
  if (!files.has(path)) files.set(path, parse(readFileSync(join(FOLDER, path), 'utf8'), { merge: true }));
  return files.get(path);
}

/** The cases of one file, `dangerous` or `harmless`, in its order. */
export function planCases(file: string): readonly PlanCase[] {
  return read(`${file}.yaml`) as readonly PlanCase[];
}

export function providerOf({ base, provider }: PlanCase): Provider {
  return provider ?? ((base ?? '').replace(/-(?!in).*/, '') as Provider);
}

/** The configurations before and after, as Terraform reads them. */
export function configurationsOf(plan: PlanCase): {
  readonly before: JsonObject;
  readonly after: JsonObject;
} {
  const base = merged(providerConfiguration(providerOf(plan)), baseOf(plan.base));
  const before = merged(base, plan.before ?? {});
  return { before, after: merged(before, plan.change ?? {}) };
}

function baseOf(name: string | undefined): JsonObject {
  return name === undefined ? {} : (read(`bases/${name}.yaml`) as JsonObject);
}

/** What the recorded plan of a case was made from: the same inputs, the same digest. */
export function digestOf(plan: PlanCase): string {
  const { taint = [], args = [] } = plan;
  const inputs = JSON.stringify([configurationsOf(plan), taint, args]);
  return createHash('sha256').update(inputs).digest('hex').slice(0, 16);
}

/** A recorded plan. */
export interface Recording {
  readonly digest: string;
  readonly plan: JsonObject;
}

export function recordingPath({ name }: PlanCase): string {
  return join(FOLDER, 'plans', `${name}.json`);
}

/** @throws Error where the plan was never recorded, or from other inputs */
export function recordedPlan(plan: PlanCase): JsonObject {
  const path = recordingPath(plan);
  const command = `npx tsx test/support/plans/record.ts ${plan.name}`;
  if (!existsSync(path)) throw new Error(`${plan.name}: no plan is recorded; run ${command}`);
  const recording = JSON.parse(readFileSync(path, 'utf8')) as Recording;
  if (recording.digest !== digestOf(plan))
    throw new Error(`${plan.name}: the plan was recorded from other inputs; run ${command}`);
  return recording.plan;
}

/** `patch` laid over `base`: objects key by key, everything else replaced, `null` takes a key away. */
export function merged(base: JsonObject, patch: JsonObject): JsonObject {
  const result: Record<string, Json> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    const old = result[key];
    if (value === null) delete result[key];
    else result[key] = isObject(value) ? merged(isObject(old) ? old : {}, value) : value;
  }
  return result;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function providerConfiguration(provider: Provider): JsonObject {
  switch (provider) {
    case 'aws':
      return {
        terraform: { required_providers: { aws: { source: 'hashicorp/aws', version: '5.100.0' } } },
        provider: {
          aws: {
            region: 'us-east-1',
            access_key: 'test',
            secret_key: 'test',
            skip_credentials_validation: true,
            skip_requesting_account_id: true,
            skip_metadata_api_check: true,
          },
        },
      };
    case 'google':
      return {
        terraform: { required_providers: { google: { source: 'hashicorp/google', version: '6.50.0' } } },
        provider: { google: { project: 'example-project', region: 'us-central1', access_token: 'test' } },
      };
    case 'docker':
      return {
        terraform: { required_providers: { docker: { source: 'kreuzwerker/docker', version: '3.6.2' } } },
        provider: { docker: { host: 'unix://docker.sock' } },
      };
    case 'built-in':
      return {};
  }
}
