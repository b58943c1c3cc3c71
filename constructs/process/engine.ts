import { VLLM_ENVIRONMENT } from '../../workloads/vllm-command.ts';
import type { ProcessContext } from './context.ts';

/** The program in front of a vLLM command line, and the simulator's settings: the environment's and `simulation`. */
export function engineCommand(
  { environment }: ProcessContext,
  engine: 'simulator' | 'vllm',
  args: readonly string[],
  simulation: Readonly<Record<string, unknown>> = {},
) {
  if (engine === 'vllm') return { command: ['vllm', ...args], env: VLLM_ENVIRONMENT };
  const { answers, ...settings } = environment.process?.simulator ?? {};
  const scripted = answers === undefined ? {} : { answers: `{project}/${answers}` };
  return {
    command: ['node', '{toolkit}/dist/services/vllm-simulator.js', ...args],
    env: { VLLM_SIMULATOR: JSON.stringify({ ...settings, ...scripted, ...simulation }) },
  };
}
