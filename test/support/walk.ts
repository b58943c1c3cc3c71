import type { Edit } from './shipped.ts';

/** The way from v32 to v33, one deploy after the other: edits of a shipped file that lead to each stop. */
export interface Walk {
  readonly before: readonly [Edit];
  readonly newRelease: readonly [Edit];
  readonly canary: readonly [];
  readonly promoted: readonly [Edit];
  readonly retired: readonly [Edit, Edit];
}

/** For gpt-oss-120b of a file that has it at `canary`, with these weights. */
export function walkOf(weights: { readonly stable: number; readonly canary: number }): Walk {
  const stable = `role: stable\n        weight: ${weights.stable}`;
  const canary = `role: canary\n        weight: ${weights.canary}`;
  const all = `role: stable\n        weight: ${weights.stable + weights.canary}`;
  const idle = 'role: canary\n        weight: 0';
  /** The canary becomes stable, the old stable one keeps its machines without traffic. */
  const promoted: Edit = (text) => text.replace(canary, all).replace(stable, idle);
  return {
    before: [(text) => text.replace(/ {6}v33:\n.*\n.*\n.*\n/, '').replace(stable, all)],
    newRelease: [(text) => text.replace(stable, all).replace(canary, idle)],
    canary: [],
    promoted: [promoted],
    retired: [promoted, (text) => text.replace(/ {6}v32:\n.*\n {8}weight: 0\n.*\n/, '')],
  };
}
