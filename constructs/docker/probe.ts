import type { Health } from './part-container.ts';

/** Health of a container of ours: `probe.mjs` asks the URL, which must answer 200. */
export function probe(url: string, startSeconds: number): Health {
  return { command: ['node', '/app/probe.mjs', url], startSeconds };
}
