import type { Environment } from './environment.ts';
import { nearest } from './nearest.ts';
import type { Problem } from './problem.ts';
import { type Release, releasesOf, releasesOfModel } from './release.ts';

/** What must hold of a release's `fallback` and `maxConnections`. */
export function fallbackProblems(environment: Environment): Problem[] {
  return releasesOf(environment).flatMap((release) => [
    ...fallbackProblemsOf(release, releasesOfModel(environment, release.model)),
    ...limitProblems(release),
  ]);
}

function fallbackProblemsOf({ model, name, document }: Release, releases: readonly Release[]): Problem[] {
  const { fallback } = document;
  if (fallback === undefined) return [];
  const path = ['models', model, 'releases', name, 'fallback'];
  const others = releases.filter((other) => other.name !== name).map((other) => other.name);
  const target = releases.find((other) => other.name === fallback.release);
  if (target === undefined || target.name === name) {
    const known = others.length === 0 ? 'this model has no other' : `others are ${others.join(', ')}`;
    return [
      {
        path: [...path, 'release'],
        message: `must name another release of ${model}, got ${fallback.release}${nearest(fallback.release, others)}; ${known}`,
        refersTo: ['models', model, 'releases', fallback.release],
      },
    ];
  }
  if (target.kind === 'endpoint' && fallback.leavesSite === undefined)
    return [
      {
        path,
        message: `${target.name} is a public host: prompts of ${name} would leave the site and cost money there; add \`leavesSite: true\` if they may, or name a release of own nodes`,
      },
    ];
  if (target.kind !== 'endpoint' && fallback.leavesSite !== undefined)
    return [
      {
        path: [...path, 'leavesSite'],
        message: `is only for a public host, and ${target.name} is none; leave it out`,
      },
    ];
  return [];
}

function limitProblems({ model, name, kind, document }: Release): Problem[] {
  return kind === 'endpoint' && document.maxConnections !== undefined
    ? [
        {
          path: ['models', model, 'releases', name, 'maxConnections'],
          message:
            'is only for releases with servers of their own: nodes or url; a public host limits by 429',
        },
      ]
    : [];
}
