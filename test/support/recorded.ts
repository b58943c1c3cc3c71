import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../workloads/document.ts';
import { synthDev } from '../constructs/docker-support.ts';
import { synthBootstrap } from './bootstrap.ts';
import { ROOT } from './local-project.ts';
import { PROD_EDITS, synthProd } from './prod.ts';
import type { Block } from './provider-schema.ts';
import { type Attributes, type Synthesized, shippedEnvironment } from './synth.ts';

/** What one resource of a recorded plan becomes. */
export interface RecordedChange {
  readonly address: string;
  readonly action: string;
  readonly after: Attributes;
}

/** A plan that real Terraform made with the real provider, and the stack that it made it of. */
export interface RecordedPlan {
  /** See `digestOf`. */
  readonly stack: string;
  readonly changes: readonly RecordedChange[];
}

/** The provider's own words on the resource types in use. */
export interface RecordedSchema {
  readonly provider: string;
  readonly resources: Readonly<Record<string, Block>>;
}

export const PLANS = {
  dev: { provider: 'docker', synth: () => synthDev() },
  prod: { provider: 'google', synth: () => synthProd() },
  'prod-bootstrap': { provider: 'google', synth: () => synthBootstrap(shippedEnvironment('prod')) },
  'prod-grown': {
    provider: 'google',
    synth: () => synthProd(PROD_EDITS.wholeLadder, PROD_EDITS.newRelease, PROD_EDITS.newModel),
  },
  /** With what the shipped file leaves out. */
  'prod-options': { provider: 'google', synth: () => synthProd(PROD_EDITS.ownRedis, PROD_EDITS.vertex) },
} as const satisfies Record<string, { provider: 'docker' | 'google'; synth: () => Synthesized }>;
export type PlanName = keyof typeof PLANS;

export const HOW_TO_RECORD =
  'record anew, with the providers in TF_PLUGIN_DIR: npm run evidence -- record-plans';

/** Of a stack without its outputs and without what its documents say: a plan has the same shape whatever their hashes are. */
export function digestOf({ json }: Pick<Synthesized, 'json'>): string {
  const { output: _, ...rest } = json;
  return sha256(withoutHashes(JSON.stringify(rest)));
}

export function withoutHashes(text: string): string {
  return text.replaceAll(/\b[0-9a-f]{12,64}\b/g, '<hash>');
}

export function planPath(name: PlanName): string {
  return join(ROOT, 'test/fixtures/plans', `${name}.json`);
}

export function schemaPath(provider: string): string {
  return join(ROOT, 'test/fixtures/schemas', `${provider}.json`);
}

export function recordedPlan(name: PlanName): RecordedPlan {
  return JSON.parse(readFileSync(planPath(name), 'utf8')) as RecordedPlan;
}

export function recordedSchema(provider: string): RecordedSchema {
  return JSON.parse(readFileSync(schemaPath(provider), 'utf8')) as RecordedSchema;
}
