import type { z } from 'zod';
import { RolloutSettings } from '../../contracts/rollout-settings.ts';
import { UsageError } from '../errors.ts';

/** Flags of `fleet canary run` that say how a rollout goes; durations in seconds. Absent ones have the contract's defaults. */
export interface RolloutFlags {
  readonly steps?: readonly number[];
  readonly hold?: number;
  readonly longestHold?: number;
  readonly settle?: number;
  readonly blind?: number;
  readonly looks?: number;
  readonly alpha?: number;
  readonly power?: number;
  readonly errorMargin?: number;
  readonly latencyMargin?: number;
  readonly guardErrors?: number;
  readonly onInconclusive?: string;
  /** `manual`: before each step but the first; else the steps. */
  readonly gate?: string;
}

const FLAG_OF: Readonly<Record<string, string>> = {
  ...{ steps: '--steps', holdSeconds: '--hold', longestHoldSeconds: '--longest-hold' },
  ...{ settleSeconds: '--settle', blindSeconds: '--blind', looks: '--looks', alpha: '--alpha' },
  ...{ power: '--power', errorMargin: '--error-margin', latencyMargin: '--latency-margin' },
  ...{ guards: '--guard-errors', onInconclusive: '--on-inconclusive', gates: '--gate' },
};

/** @throws UsageError that names every flag that cannot be */
export function rolloutSettings(flags: RolloutFlags): RolloutSettings {
  const { steps, gate } = flags;
  const chosen = RolloutSettings.shape.steps.safeParse(steps).data ?? [];
  const gates = gate === 'manual' ? chosen.slice(1) : gate?.split(',').map(Number);
  const parsed = RolloutSettings.safeParse({
    ...{ steps, gates, looks: flags.looks, alpha: flags.alpha, power: flags.power },
    ...{ holdSeconds: flags.hold, settleSeconds: flags.settle, blindSeconds: flags.blind },
    longestHoldSeconds:
      flags.longestHold ?? (flags.hold === undefined ? undefined : Math.max(flags.hold, LONGEST)),
    ...{ errorMargin: flags.errorMargin, latencyMargin: flags.latencyMargin },
    ...{ onInconclusive: flags.onInconclusive, guards: { errorRatio: flags.guardErrors } },
  });
  const unknown = (gates ?? []).filter((percent) => !chosen.includes(percent));
  if (unknown.length > 0)
    throw new UsageError(
      `--gate: ${unknown.join(', ')} is no step; steps are ${chosen.join(', ')}, or manual`,
    );
  if (parsed.success) return parsed.data;
  throw new UsageError(parsed.error.issues.map(line).join('\n'));
}

const LONGEST = 14_400;

function line({ path, message }: z.core.$ZodIssue): string {
  return `${FLAG_OF[String(path[0])] ?? path.join('.')}: ${message}`;
}
