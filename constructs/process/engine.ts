import type { Release } from '../../contracts/release.ts';
import { vllmEnvironment } from '../../workloads/vllm-command.ts';
import type { ProcessContext } from './context.ts';

/** The program in front of a release's vLLM command line, and its variables. */
export function engineCommand(
  context: ProcessContext,
  engine: 'simulator' | 'vllm',
  release: Release,
  args: readonly string[],
) {
  if (engine === 'simulator') return simulatorCommand(context, args);
  return { command: ['vllm', ...args], env: vllmEnvironment(release) };
}

/** The simulator with its settings: the environment's and `simulation`. */
export function simulatorCommand(
  { environment }: ProcessContext,
  args: readonly string[],
  simulation: Readonly<Record<string, unknown>> = {},
) {
  const { answers, ...settings } = environment.process?.simulator ?? {};
  const scripted = answers === undefined ? {} : { answers: `{project}/${answers}` };
  return {
    command: ['node', '{toolkit}/dist/services/vllm-simulator.js', ...args],
    env: { VLLM_SIMULATOR: JSON.stringify({ ...settings, ...scripted, ...simulation }) },
  };
}
