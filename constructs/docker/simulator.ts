import type { DockerContext } from './context.ts';

/** Environment variables with the simulator's settings: the environment's and `simulation`. */
export function simulatorEnvironment(
  { settings }: DockerContext,
  simulation: Readonly<Record<string, unknown>> = {},
): string[] {
  return [`VLLM_SIMULATOR=${JSON.stringify({ ...settings.simulator, ...simulation })}`];
}
