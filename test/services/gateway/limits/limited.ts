import type { EdgeConfig } from '../../../../contracts/gateway-config.ts';
import type { KeyLimits } from '../../../../contracts/secret.ts';
import type { Runtime } from '../../../../services/common/runtime.ts';
import { chat } from '../support/answers.ts';
import { type FakeUpstream, fakeUpstream, type Respond } from '../support/fake-upstream.ts';
import { usage } from '../support/ledger-program.ts';
import { edgeConfig, type Started, start } from '../support/start.ts';

export const NOON = new Date('2026-11-24T12:00:00Z');
/** 1,000 prompt tokens and 100 generated ones: $0.00021. */
export const USAGE = usage(1_000, undefined, 100);

export interface Limited {
  readonly router: FakeUpstream;
  readonly gateway: Started;
}

/** An edge whose two keys have these limits of their own. */
export async function limited(
  limits: KeyLimits,
  { respond = chat(['a'], USAGE), models, more, runtime }: Partial<Options> = {},
): Promise<Limited> {
  const router = await fakeUpstream(respond);
  const gateway = await start(edgeConfig(router.url, more), { date: () => NOON, ...runtime });
  await gateway.writeKeys([{ id: 'team-a', key: gateway.key, limits, models }]);
  await gateway.reload();
  return { router, gateway };
}

interface Options {
  readonly respond: Respond;
  readonly models: string[];
  readonly more: Partial<EdgeConfig>;
  readonly runtime: Partial<Runtime>;
}

export const refusals = async (gateway: Started, reason: string) =>
  (await gateway.metrics()).value(`oss_limit_refusals_total{reason="${reason}"}`);
