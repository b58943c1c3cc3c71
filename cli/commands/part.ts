import { resolve } from 'node:path';
import { type Outcome as PartOutcome, reconcile, type Until } from '../../parts/reconcile.ts';
import { stop } from '../../parts/stop.ts';
import type { Context } from '../context.ts';
import { hostOf } from '../host.ts';

/** Makes one part true, from its manifest. Terraform's provisioners call this. */
export function partUp(manifest: string, until: Until, context: Context): Promise<PartOutcome> {
  return reconcile(resolve(context.folder, manifest), hostOf(context), until);
}

export interface PartDownResult {
  readonly part: string;
  readonly action: 'stopped' | 'absent';
}

/** Stops one part; absent is fine. */
export async function partDown(environment: string, part: string, context: Context): Promise<PartDownResult> {
  return { part, action: await stop(hostOf(context), environment, part) };
}
