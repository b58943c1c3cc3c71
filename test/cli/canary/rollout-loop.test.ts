import { describe, expect, test } from 'vitest';
import { type Perform, runRollout } from '../../../cli/canary/rollout-loop.ts';
import type { RolloutRecord } from '../../../contracts/rollout.ts';
import { RolloutSettings } from '../../../contracts/rollout-settings.ts';
import type { RolloutEvent } from '../../../rollout/events.ts';
import { openRollout } from '../../../rollout/step.ts';

const FROM = { v32: 9500, v33: 0, public: 500 };

/** Thrown where the process would be killed. */
class Killed extends Error {}

/** What outlives the process: the record on disk, the weights and roles at the routers and in the file. */
class World {
  stored: RolloutRecord = openRollout({
    ...{ id: 'r1', environment: 'local', model: 'm', stable: 'v32', canary: 'v33', owner: 'somebody' },
    ...{ salt: 'r1', saltBefore: '1', from: FROM, at: 1000, expiresAt: 100_000 },
    settings: RolloutSettings.parse({ steps: [20, 100], gates: [100] }),
  }).record;
  weights: Readonly<Record<string, number>> = FROM;
  stable = 'v32';
  boundaries = 0;
  #clock = 1000;
  readonly #ending: 'promoted' | 'rolled-back';
  readonly #killAt: number;

  constructor(ending: 'promoted' | 'rolled-back', killAt: number) {
    this.#ending = ending;
    this.#killAt = killAt;
  }

  /** One process: from a look at the record until it is closed. */
  run(): Promise<RolloutRecord> {
    return runRollout(
      this.stored,
      { event: 'looked', at: this.#clock },
      {
        save: async (record) => {
          this.#pass();
          this.stored = record;
          this.#pass();
        },
        perform: this.#perform,
        told: () => undefined,
      },
    );
  }

  readonly #perform: Perform = async (record, action) => {
    this.#clock += 1;
    const at = this.#clock;
    if ('weights' in action) this.weights = action.weights;
    if (action.action === 'promote') this.stable = record.canary;
    this.#pass();
    const events: Readonly<Record<typeof action.action, RolloutEvent>> = {
      apply: { event: 'applied', at, needSeconds: 0 },
      sample: { event: 'paused', at, by: 'a test', reason: 'nothing is judged here' },
      ask:
        this.#ending === 'promoted'
          ? { event: 'approved', at, by: 'a test' }
          : { event: 'rolled back', at, by: 'a test', reason: 'worse' },
      restore: { event: 'restored', at },
      reconcile: { event: 'reconciled', at },
      promote: { event: 'promoted', at },
    };
    return events[action.action];
  };

  #pass(): void {
    this.boundaries += 1;
    if (this.boundaries === this.#killAt) throw new Killed();
  }
}

async function boundariesOf(ending: 'promoted' | 'rolled-back'): Promise<number> {
  const world = new World(ending, 0);
  await world.run();
  return world.boundaries;
}

const ENDINGS = [
  ['promoted', { v32: 0, v33: 9500, public: 500 }, 'v33'],
  ['rolled-back', FROM, 'v32'],
] as const;

describe.each(ENDINGS)('a rollout that ends %s', (ending, weights, stable) => {
  test('does so too when it is killed at any boundary and resumed', async () => {
    const boundaries = await boundariesOf(ending);
    expect(boundaries).toBeGreaterThan(10);
    for (let killAt = 1; killAt <= boundaries; killAt += 1) {
      const world = new World(ending, killAt);
      await expect(world.run(), `boundary ${killAt}`).rejects.toThrow(Killed);
      await world.run();
      expect(world.stored.state, `boundary ${killAt}`).toMatchObject({ phase: 'closed', outcome: ending });
      expect({ weights: world.weights, stable: world.stable }).toEqual({ weights, stable });
    }
  });

  test('writes every decision down once, however often it is killed', async () => {
    const whole = new World(ending, 0);
    await whole.run();
    const events = whole.stored.journal.map(({ event }) => event);
    for (let killAt = 1; killAt <= whole.boundaries; killAt += 1) {
      const world = new World(ending, killAt);
      await world.run().catch(() => world.run());
      expect(world.stored.journal.map(({ event }) => event)).toEqual(events);
    }
  });
});
