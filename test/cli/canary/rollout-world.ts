import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ModelChange, withModelChange } from '../../../cli/canary/environment-text.ts';
import { rolloutActions } from '../../../cli/canary/rollout-actions.ts';
import { runRollout } from '../../../cli/canary/rollout-loop.ts';
import { openRollouts, type Rollouts } from '../../../cli/canary/rollouts.ts';
import { versionOfDocument } from '../../../cli/canary/routers.ts';
import type { Environment } from '../../../contracts/environment.ts';
import { weightedReleases } from '../../../contracts/release.ts';
import type { RolloutRecord } from '../../../contracts/rollout.ts';
import { RolloutSettings } from '../../../contracts/rollout-settings.ts';
import { FIRST_SALT } from '../../../contracts/split.ts';
import type { RolloutEvent } from '../../../rollout/events.ts';
import type { Group, Sample } from '../../../rollout/sample.ts';
import { openRollout } from '../../../rollout/step.ts';
import { readTemplates } from '../../../templates/read.ts';
import { routerDocument } from '../../../workloads/router.ts';
import { ROOT } from '../support.ts';

const MODEL = 'gpt-oss-120b';
const NAME = 'local';
const { nginx } = readTemplates(join(ROOT, 'templates'));
const SHIPPED = readFileSync(join(ROOT, 'environments/local.yaml'), 'utf8')
  .replace('weight: 80', 'weight: 95')
  .replace('weight: 15', 'weight: 0');

/** Thrown where the process would be killed. */
export class Killed extends Error {}

/** Editing and rendering are pure, and a test does the same thousands of times. */
function remembered<A extends readonly unknown[], T>(make: (...args: A) => T): (...args: A) => T {
  const made = new Map<string, T>();
  return (...args) => {
    const key = JSON.stringify(args);
    const found = made.get(key) ?? make(...args);
    made.set(key, found);
    return found;
  };
}

const edited = remembered((text: string, change: ModelChange) => withModelChange(text, NAME, change));
const rendered = remembered((environment: Environment) => {
  const props = { listen: '127.0.0.1:1', adminListen: '127.0.0.1:2', egress: '127.0.0.1:3' };
  return routerDocument(environment, props, nginx).text;
});
const environmentOf = (text: string) => edited(text, { model: MODEL }).environment;

const NOTHING = { bounds: [], counts: [0], sum: 0 };

/** What a canary did that fails each of its requests, or none. */
function sampleOf(canaryFails: boolean): Sample {
  const groups = (errors: number) =>
    Array.from({ length: 16 }, (): Group => ({ requests: 100, errors, firstToken: {}, interToken: NOTHING }));
  return { seconds: 1, stable: { groups: groups(0) }, canary: { groups: groups(canaryFails ? 100 : 0) } };
}

/**
 * What outlives a process: the shelf with records, the file, Terraform's state, the routers' document. The process is
 * killed at one boundary: before or after any of them is written. Only the clock and the programs are not real.
 */
export class World {
  file = SHIPPED;
  state = SHIPPED;
  router = rendered(environmentOf(SHIPPED));
  boundaries = 0;
  readonly #shelf = new Map<string, string>();
  readonly #rollouts: Rollouts;
  readonly #canaryFails: boolean;
  readonly #killAt: number;
  #clock = 1000;

  constructor({ canaryFails, killAt = 0 }: { readonly canaryFails: boolean; readonly killAt?: number }) {
    this.#canaryFails = canaryFails;
    this.#killAt = killAt;
    this.#rollouts = openRollouts({
      place: 'shelf',
      read: async (name) => this.#shelf.get(name),
      write: (name, text) => this.#change(() => this.#shelf.set(name, text)),
    });
  }

  latest(): Promise<RolloutRecord | undefined> {
    return this.#rollouts.latest(MODEL);
  }

  history(): Promise<readonly RolloutRecord[]> {
    return this.#rollouts.history();
  }

  /** Whether file, state and routers say the same. */
  agrees(): boolean {
    return this.file === this.state && this.router === rendered(environmentOf(this.file));
  }

  /** Release → percent and role, as the file says. */
  weights(): Readonly<Record<string, string>> {
    const releases = weightedReleases(environmentOf(this.file), MODEL);
    return Object.fromEntries(
      releases.map(({ name, weight, role }) => [name, `${weight / 100} ${role ?? ''}`.trim()]),
    );
  }

  /** One process that opens a rollout and runs it. */
  async begin(): Promise<void> {
    const releases = weightedReleases(environmentOf(this.file), MODEL);
    const { record } = openRollout({
      ...{ id: 'r1', environment: NAME, model: MODEL, stable: 'v32', canary: 'v33', owner: 'ada' },
      ...{ salt: 'r1', saltBefore: FIRST_SALT, at: this.#clock, expiresAt: this.#clock + 10_000 },
      from: Object.fromEntries(releases.map(({ name, weight }) => [name, weight])),
      settings: RolloutSettings.parse({
        steps: [20, 100],
        looks: 1,
        gates: [100],
        onInconclusive: 'advance',
      }),
    });
    await this.#rollouts.keepDocument(record, this.router);
    await this.#rollouts.save(record);
    await this.#run(record, { event: 'looked', at: this.#clock });
  }

  /** Another process that finds the record. */
  async resume(): Promise<void> {
    await this.#found({ event: 'looked', at: this.#clock });
  }

  /** A process that has found the record as it is now, and goes on later. */
  resumeLater(): () => Promise<void> {
    const found = this.#rollouts.open([MODEL]);
    return async () => {
      const [record] = await found;
      if (record === undefined) throw new Error('no rollout is open');
      await this.#run(record, { event: 'looked', at: this.#clock });
    };
  }

  async rollBack(): Promise<void> {
    await this.#found({ event: 'rolled back', at: this.#clock, by: 'bob', reason: 'asked' });
  }

  async expire(): Promise<void> {
    this.#clock += 1_000_000;
    await this.resume();
  }

  async #found(event: RolloutEvent): Promise<void> {
    const [record] = await this.#rollouts.open([MODEL]);
    if (record !== undefined) await this.#run(record, event);
  }

  async #run(found: RolloutRecord, event: RolloutEvent): Promise<void> {
    const perform = rolloutActions({
      rollouts: this.#rollouts,
      routers: {
        delivered: async () => this.router,
        deliver: (document) =>
          this.#change(() => {
            this.router = document;
          }),
        versions: async () => [{ router: 'router', version: versionOfDocument(this.router) }],
      },
      sampler: {
        sample: async () => sampleOf(this.#canaryFails),
        baseline: async () => ({ groups: [] }),
      },
      waiting: {
        until: async (time, early) => {
          this.#clock = Math.max(this.#clock, time);
          return early();
        },
        end: () => undefined,
      },
      by: 'ada',
      decide: async () => 'approve',
      deploy: (change) => this.#deploy(change),
      need: async () => 0,
      promoted: async () => undefined,
      expirySeconds: 10_000,
      context: {
        now: () => this.#clock * 1000,
        sleep: async () => undefined,
        progress: () => undefined,
      },
    });
    const { save } = this.#rollouts;
    await runRollout(found, event, { save, perform, told: () => undefined });
  }

  async #deploy(change: ModelChange): Promise<void> {
    const after = edited(this.file, change);
    await this.#change(() => {
      this.file = after.text;
    });
    await this.#change(() => {
      this.router = rendered(after.environment);
    });
    await this.#change(() => {
      this.state = after.text;
    });
  }

  /** Something durable changes, in one step. */
  async #change(change: () => void): Promise<void> {
    this.#pass();
    change();
    this.#pass();
  }

  #pass(): void {
    this.boundaries += 1;
    if (this.boundaries === this.#killAt) throw new Killed();
  }
}
