import type { RolloutRecord } from '../../contracts/rollout.ts';
import { RolloutSettings } from '../../contracts/rollout-settings.ts';
import { openRollout } from '../../rollout/step.ts';

export const FROM = { v32: 7500, v33: 0, groq: 2500 };

export function opened(settings: Parameters<typeof RolloutSettings.parse>[0] = {}): RolloutRecord {
  return openRollout({
    ...{ id: 'r1', environment: 'prod', model: 'gpt-oss-120b', stable: 'v32', canary: 'v33' },
    ...{ salt: 'r1', saltBefore: '', from: FROM, owner: 'ada', at: 1000, expiresAt: 100_000 },
    settings: RolloutSettings.parse(settings),
  }).record;
}
