import { brokenLengths } from './compression.ts';
import type { Environment } from './environment.ts';
import { nearest } from './nearest.ts';
import type { Problem } from './problem.ts';
import { definitionOf } from './release.ts';

/** Rules of `models.<m>.compression`. */
export function compressionProblems(environment: Environment): Problem[] {
  return Object.entries(environment.models).flatMap(([name, { alias, compression }]) => {
    if (compression === undefined) return [];
    const path = ['models', name, 'compression'];
    if (alias !== undefined)
      return [{ path, message: `an alias is compressed as its model is; set it at ${alias}` }];
    const lengths = brokenLengths(compression, definitionOf(environment, name)?.contextTokens);
    return [
      ...lengths.map(({ field, message }) => ({ path: [...path, field], message })),
      ...summaryModelProblems(environment, compression.model, [...path, 'model']),
    ];
  });
}

function summaryModelProblems(environment: Environment, model: string, path: Problem['path']): Problem[] {
  const target = environment.models[model];
  const refersTo = ['models', model];
  if (target === undefined || target.releases === undefined) {
    const served = Object.keys(environment.models).filter(
      (name) => environment.models[name]?.releases !== undefined,
    );
    return [
      { path, message: `must name a model with releases, got ${model}${nearest(model, served)}`, refersTo },
    ];
  }
  if (target.compression !== undefined)
    return [
      { path, message: `${model} is compressed itself; name a model without \`compression\``, refersTo },
    ];
  return [];
}
