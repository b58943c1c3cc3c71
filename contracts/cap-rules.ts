import type { Environment } from './environment.ts';
import type { Problem } from './problem.ts';
import { hostedModelOf, type Release, releasesOf } from './release.ts';

/**
 * A length that the gateway lets through or sets itself must be one that every release gives: an endpoint answers 400 to
 * more, and which conversations it gets, no client can know.
 */
export function capProblems(environment: Environment): Problem[] {
  return releasesOf(environment).flatMap((release) => problemsOf(environment, release));
}

function problemsOf(environment: Environment, { model, name, document }: Release): Problem[] {
  const most = hostedModelOf(environment, model, document)?.maxOutputTokens;
  const { caps, defaults } = environment.models[model] ?? {};
  if (most === undefined) return [];
  const advice = `release ${name} gives at most ${most} tokens; lower this, or raise releases.${name}.endpoint.maxOutputTokens if its host gives more`;
  const cap = caps?.maxOutputTokens ?? 0;
  const length = Math.min(defaults?.max_tokens ?? 0, caps?.maxOutputTokens ?? Number.POSITIVE_INFINITY);
  return [
    ...(cap > most
      ? [{ path: ['models', model, 'caps', 'maxOutputTokens'], message: `got ${cap}, but ${advice}` }]
      : []),
    ...(length > most
      ? [{ path: ['models', model, 'defaults', 'max_tokens'], message: `got ${length}, but ${advice}` }]
      : []),
  ];
}
