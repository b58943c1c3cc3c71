import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { GeneratedSecrets } from '../../contracts/part.ts';
import { generate } from '../../parts/generate.ts';
import type { Context } from '../context.ts';
import { hostOf } from '../host.ts';

export interface PrepareSecretsResult {
  /** How many secrets and certificates there are now. */
  readonly prepared: number;
}

/** Makes the secrets and certificates of a manifest (`GeneratedSecrets`) that do not exist yet. */
export async function prepareSecrets(manifest: string, context: Context): Promise<PrepareSecretsResult> {
  const { environment, generates } = GeneratedSecrets.parse(
    JSON.parse(readFileSync(resolve(context.folder, manifest), 'utf8')),
  );
  await generate({ environment, name: 'secrets', generates }, hostOf(context));
  return { prepared: generates.length };
}
