export type Class = 'development' | 'staging' | 'production';

/** A rollout that is under way and owns its model's weights. */
export interface OpenRollout {
  readonly model: string;
  readonly owner: string;
  readonly canary: string;
  /** Percent that the canary has by now. */
  readonly weight: number;
}

/** What a plan is judged by, beside the plan itself. Whatever is absent is not asked for. */
export interface Surroundings {
  readonly class: Class;
  /** Who may reach the gateway; absent for Terraform that no environment file stands behind. */
  readonly exposure?: 'internal' | 'public';
  /** The port of a public gateway. */
  readonly gatewayPort?: number;
  readonly budgetUsdPerHour?: number;
  /** Percentage points that a canary may grow by in one plan. */
  readonly canaryStep?: number;
  /** Google project or AWS account that the environment is for. */
  readonly account?: string;
  /** Other environments whose state would be in the same object. */
  readonly stateSharedWith?: readonly string[];
  readonly openRollouts?: readonly OpenRollout[];
  /** Drains that ask for more time than the cloud gives, by their key in the environment file. */
  readonly cutDrains?: readonly { readonly path: readonly string[]; readonly message: string }[];
  /** USD per hour of a machine type; undefined: unknown, which is not zero. */
  readonly price: (machine: string, market: 'on-demand' | 'spot') => number | undefined;
}
