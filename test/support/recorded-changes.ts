import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FILES_FOLDER } from '../../constructs/stack-files.ts';
import { synthDev } from '../constructs/docker-support.ts';
import { DEV_EDITS, DEV_WALK } from './dev.ts';
import { ROOT } from './local-project.ts';
import { PROD_EDITS, PROD_WALK, synthProd } from './prod.ts';
import type { Edit } from './shipped.ts';
import type { Synthesized } from './synth.ts';

/** What a plan does to one resource that is there, or is to be there. */
export interface RecordedStep {
  readonly address: string;
  readonly action: string;
  /** Attributes that differ, where the action is `update`. */
  readonly attributes?: readonly string[];
  /** Attributes that force another resource, where it is replaced. */
  readonly because?: readonly string[];
}

/** The plan from one stack to another, as real Terraform and the real provider made it of a state. */
export interface RecordedMove {
  /** Digests of both stacks. */
  readonly stacks: readonly [string, string];
  readonly changes: readonly RecordedStep[];
  /** The resource that `prevent_destroy` keeps Terraform from touching; the plan was refused. */
  readonly refused?: string;
}

/** Edits that lead from the shipped file to what is there before, and to what is wanted. */
interface Move {
  readonly from: readonly Edit[];
  readonly to: readonly Edit[];
}

interface Moves {
  readonly provider: 'docker' | 'google';
  readonly synth: (...edits: readonly Edit[]) => Synthesized;
  readonly moves: Readonly<Record<string, Move>>;
}

const fromShipped = (...to: readonly Edit[]): Move => ({ from: [], to });
const { newRelease, newModel, oneMoreNode, weights, otherFlag, newMachineImage, wholeLadder } = PROD_EDITS;

export const CHANGES = {
  prod: {
    provider: 'google',
    synth: synthProd,
    moves: {
      nothing: fromShipped(),
      'other weights': fromShipped(weights),
      'one more node': fromShipped(oneMoreNode),
      'more rungs': fromShipped(wholeLadder),
      'a new release': fromShipped(newRelease),
      'a new model': fromShipped(newModel),
      'a new machine image': fromShipped(newMachineImage),
      'another flag of a release that serves': fromShipped(otherFlag),
      'walk: new release': { from: PROD_WALK.before, to: PROD_WALK.newRelease },
      'walk: canary': { from: PROD_WALK.newRelease, to: PROD_WALK.canary },
      'walk: promoted': { from: PROD_WALK.canary, to: PROD_WALK.promoted },
      'walk: retired': { from: PROD_WALK.promoted, to: PROD_WALK.retired },
    },
  },
  dev: {
    provider: 'docker',
    synth: (...edits) => synthDev(...edits),
    moves: {
      nothing: fromShipped(),
      'other weights': fromShipped(DEV_EDITS.weights),
      'a new release': fromShipped(DEV_EDITS.newRelease),
      'one more node': fromShipped(DEV_EDITS.oneMoreNode),
      'a new model': fromShipped(DEV_EDITS.newModel),
      'another flag of a release that serves': fromShipped(DEV_EDITS.otherFlag),
      'another flag of a release without traffic': { from: DEV_WALK.promoted, to: DEV_WALK.otherFlagIdle },
      'walk: new release': { from: DEV_WALK.before, to: DEV_WALK.newRelease },
      'walk: canary': { from: DEV_WALK.newRelease, to: DEV_WALK.canary },
      'walk: promoted': { from: DEV_WALK.canary, to: DEV_WALK.promoted },
      'walk: retired': { from: DEV_WALK.promoted, to: DEV_WALK.retired },
    },
  },
} as const satisfies Record<string, Moves>;
export type ChangesName = keyof typeof CHANGES;

export function changesPath(name: ChangesName): string {
  return join(ROOT, 'test/fixtures/plans', `${name}-changes.json`);
}

export function recordedChanges(name: ChangesName): Readonly<Record<string, RecordedMove>> {
  return JSON.parse(readFileSync(changesPath(name), 'utf8')) as Record<string, RecordedMove>;
}

/** A stack's files, as Terraform finds them. */
export function filesOf({ files }: Synthesized): ReadonlyMap<string, string> {
  return new Map([...files].map(([path, text]) => [`${FILES_FOLDER}/${path}`, text]));
}
