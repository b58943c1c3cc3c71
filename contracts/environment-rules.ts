import { capProblems } from './cap-rules.ts';
import { cloudProblems } from './cloud-rules.ts';
import { compressionProblems } from './compression-rules.ts';
import type { Environment } from './environment.ts';
import { portsOf } from './environment-ports.ts';
import type { ModelDocument, ReleaseDocument } from './environment-schema.ts';
import { fallbackProblems } from './fallback-rules.ts';
import { gatewayProblems } from './gateway-rules.ts';
import { nearest } from './nearest.ts';
import { nodeProblems } from './node-rules.ts';
import { observabilityProblems } from './observability-rules.ts';
import type { Problem } from './problem.ts';
import { redisProblems } from './redis-rules.ts';
import { definitionOf, hostedModelOf } from './release.ts';
import { reviewerProblems } from './reviewer-rules.ts';
import { routerProblems } from './router-rules.ts';
import { secretProblems } from './secret-rules.ts';
import { tracingProblems } from './tracing-rules.ts';
import { FULL_WEIGHT, formatPercent, toBasisPoints } from './weight.ts';

type Rule = (environment: Environment) => readonly Problem[];

/** Cross-field rules: what the schema alone cannot see. All of them run, all failures are reported. */
export function environmentProblems(environment: Environment): Problem[] {
  return RULES.flatMap((rule) => rule(environment));
}

const RULES: readonly Rule[] = [
  platformSettings,
  (environment) => everyModel(environment, modelShape),
  (environment) => everyModel(environment, weightsAddUp),
  (environment) => everyModel(environment, roles),
  (environment) => everyRelease(environment, releaseShape),
  (environment) => everyRelease(environment, releaseReferences),
  fallbackProblems,
  capProblems,
  compressionProblems,
  nodeProblems,
  cloudProblems,
  gatewayProblems,
  routerProblems,
  observabilityProblems,
  tracingProblems,
  reviewerProblems,
  endpoints,
  secretProblems,
  redisProblems,
  ports,
  ledger,
  stateIsShared,
];

type ModelRule = (
  environment: Environment,
  model: ModelDocument,
  name: string,
  path: Problem['path'],
) => readonly Problem[];
type ReleaseRule = (
  environment: Environment,
  release: ReleaseDocument,
  path: Problem['path'],
  model: string,
) => readonly Problem[];

function everyModel(environment: Environment, rule: ModelRule): Problem[] {
  return Object.entries(environment.models).flatMap(([name, model]) =>
    rule(environment, model, name, ['models', name]),
  );
}

function everyRelease(environment: Environment, rule: ReleaseRule): Problem[] {
  return Object.entries(environment.models).flatMap(([model, { releases }]) =>
    Object.entries(releases ?? {}).flatMap(([name, release]) =>
      rule(environment, release, ['models', model, 'releases', name], model),
    ),
  );
}

function platformSettings(environment: Environment): Problem[] {
  const { platform } = environment;
  const sections = ['process', 'docker', 'google', 'aws'] as const;
  const foreign = sections
    .filter((section) => section !== platform && environment[section] !== undefined)
    .map((section) => ({
      path: [section],
      message: `belongs to platform ${section}, but platform is ${platform}`,
    }));
  const missing =
    (platform === 'google' || platform === 'aws') && environment[platform] === undefined
      ? [
          {
            path: ['platform'],
            message: `${platform} needs a section \`${platform}\` beside it`,
            refersTo: [platform],
          },
        ]
      : [];
  const simulated = environment[platform];
  const engine =
    simulated !== undefined &&
    'engine' in simulated &&
    simulated.engine === 'simulator' &&
    environment.class !== 'development'
      ? [
          {
            path: [platform, 'engine'],
            message: `simulator serves nobody: only class development may use it, class is ${environment.class}`,
          },
        ]
      : [];
  return [...foreign, ...missing, ...engine];
}

function modelShape(
  environment: Environment,
  { alias, releases, definition }: ModelDocument,
  name: string,
  path: Problem['path'],
): Problem[] {
  const hasReleases = Object.keys(releases ?? {}).length > 0;
  const problems: Problem[] = [];
  if ((alias !== undefined) === hasReleases) {
    problems.push({
      path,
      message: 'must have either `alias` or `releases`; leave the model out to answer 404',
    });
  }
  const target = alias === undefined ? undefined : environment.models[alias];
  if (alias !== undefined && (target === undefined || target.alias !== undefined)) {
    problems.push({
      path: [...path, 'alias'],
      message: `must name a model with releases, got ${alias}${nearest(alias, servable(environment))}`,
      refersTo: ['models', alias],
    });
  }
  if (alias === undefined && definition === undefined && definitionOf(environment, name) === undefined) {
    problems.push({
      path,
      message: `not in the model catalogue; add \`definition\` with contextTokens and price`,
    });
  }
  return problems;
}

function servable(environment: Environment): string[] {
  return Object.keys(environment.models).filter((name) => environment.models[name]?.releases !== undefined);
}

function weightsAddUp(
  _environment: Environment,
  { releases }: ModelDocument,
  _name: string,
  path: Problem['path'],
): Problem[] {
  const weights = Object.values(releases ?? {}).map(({ weight }) => toBasisPoints(weight));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (weights.length === 0 || total === FULL_WEIGHT) return [];
  const shown = formatPercent(total).replace(/\.00$/, '');
  return [{ path: [...path, 'releases'], message: `weights must add up to 100, got ${shown}` }];
}

function roles(
  _environment: Environment,
  { releases }: ModelDocument,
  _name: string,
  path: Problem['path'],
): Problem[] {
  const entries = Object.entries(releases ?? {});
  const twice = (['stable', 'canary'] as const).flatMap((role) => {
    const holders = entries.filter(([, release]) => release.role === role).map(([name]) => name);
    return holders.length < 2
      ? []
      : [
          {
            path: [...path, 'releases', holders[1] ?? '', 'role'],
            message: `only one release may be ${role}, got ${holders.join(' and ')}`,
          },
        ];
  });
  const foreign = entries
    .filter(([, release]) => release.role !== undefined && release.nodes === undefined)
    .map(([name]) => ({
      path: [...path, 'releases', name, 'role'],
      message: 'only a release of own nodes has a role',
    }));
  const own = entries.filter(([, release]) => release.nodes !== undefined);
  const leaderless =
    own.length > 0 && !own.some(([, release]) => release.role === 'stable')
      ? [
          {
            path: [...path, 'releases'],
            message: `one release of own nodes must have role stable, have ${own.map(([name]) => name).join(', ')}`,
          },
        ]
      : [];
  const idle = own
    .filter(([, release]) => release.role === undefined && release.weight > 0)
    .map(([name]) => ({
      path: [...path, 'releases', name],
      message: 'own nodes that take traffic need a role: stable or canary',
    }));
  return [...twice, ...foreign, ...leaderless, ...idle];
}

function releaseShape(
  _environment: Environment,
  { nodes, endpoint, url }: ReleaseDocument,
  path: Problem['path'],
): Problem[] {
  const kinds = [nodes, endpoint, url].filter((kind) => kind !== undefined).length;
  return kinds === 1
    ? []
    : [{ path, message: `must have exactly one of nodes, endpoint, url, got ${kinds}` }];
}

function releaseReferences(
  environment: Environment,
  release: ReleaseDocument,
  path: Problem['path'],
  model: string,
): Problem[] {
  const { endpoint } = release;
  if (endpoint === undefined) return [];
  if (environment.endpoints[endpoint.host] !== undefined)
    return hostedModelOf(environment, model, release) !== undefined
      ? []
      : [
          {
            path: [...path, 'endpoint'],
            message: `give \`model\`: no catalogue says how ${endpoint.host} calls ${model}`,
            refersTo: ['endpoints', endpoint.host],
          },
        ];
  const known = Object.keys(environment.endpoints);
  return [
    {
      path: [...path, 'endpoint', 'host'],
      message: `no endpoint is named ${endpoint.host}${nearest(endpoint.host, known)}`,
      refersTo: ['endpoints', endpoint.host],
    },
  ];
}

function endpoints(environment: Environment): Problem[] {
  const local = environment.platform === 'process' || environment.platform === 'docker';
  const foreign = Object.entries(environment.endpoints)
    .filter(([, { auth }]) => auth === 'google' && environment.platform !== 'google')
    .map(([name]) => ({
      path: ['endpoints', name],
      message: `signs in by a Google identity, which only platform google has; platform is ${environment.platform}`,
    }));
  const simulated = Object.entries(environment.endpoints)
    .filter(([, { simulated }]) => simulated === true && !(local && environment.class === 'development'))
    .map(([name]) => ({
      path: ['endpoints', name, 'simulated'],
      message: 'only for class development on platform process or docker',
    }));
  return [...foreign, ...simulated];
}

function ports(environment: Environment): Problem[] {
  const used = portsOf(environment);
  return used.flatMap(({ path, port }, index) => {
    const first = used.findIndex((other) => other.port === port);
    return first === index
      ? []
      : [{ path, message: `port ${port} is already taken by ${used[first]?.path.join('.')}` }];
  });
}

/** Elsewhere the file would lie in a container or an instance, and go with it. */
function ledger({ platform, gateway }: Environment): Problem[] {
  return gateway.ledger === undefined || platform === 'process'
    ? []
    : [
        {
          path: ['gateway', 'ledger'],
          message: `a file only on platform process; on ${platform} the ledger goes to the log`,
        },
      ];
}

function stateIsShared({ class: environmentClass, state }: Environment): Problem[] {
  return environmentClass === 'development' || state !== undefined
    ? []
    : [
        {
          path: ['class'],
          message: `class ${environmentClass} needs a shared, locked state: add \`state\` with gcs or s3`,
        },
      ];
}
