import type { Host } from '../parts/host.ts';
import type { Context } from './context.ts';

/** This machine, as `parts/` wants it. Steps that change something are reported. */
export function hostOf({ project, toolkit, env, progress, sleep, now }: Context): Host {
  return {
    ...{ project, toolkit, env, sleep, now },
    report: ({ part, step, detail }) => {
      if (['stopping', 'starting', 'reloading'].includes(step)) {
        progress(`${part}: ${step}${detail === undefined ? '' : ` (${detail})`}`);
      }
    },
  };
}
