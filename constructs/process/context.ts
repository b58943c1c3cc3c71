import type { Environment } from '../../contracts/environment.ts';
import type { Toolkit } from '../toolkit.ts';
import type { PartCommands } from './part-commands.ts';
import type { PartGuard } from './part-guard.ts';
import type { ProcessTopology } from './process-topology.ts';

/** What every part of one process environment shares. */
export interface ProcessContext {
  readonly environment: Environment;
  readonly toolkit: Toolkit;
  readonly topology: ProcessTopology;
  readonly commands: PartCommands;
  readonly guard: PartGuard;
}
