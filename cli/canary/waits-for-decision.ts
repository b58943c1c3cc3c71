import { Failure } from '../errors.ts';

/** Nobody is there to decide: the rollout stays open and waits. */
export class WaitsForDecision extends Failure {}
