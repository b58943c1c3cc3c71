import type { DockerContext } from './context.ts';

/** Environment variables that tell the simulator how fast to be. */
export function simulatorEnvironment({ settings }: DockerContext): string[] {
  return [`VLLM_SIMULATOR=${JSON.stringify(settings.simulator)}`];
}
