import { type CloudSection, cloudSection } from './cloud-section.ts';
import type { Environment } from './environment.ts';
import { nearest } from './nearest.ts';
import type { Problem } from './problem.ts';

/** Names under `secrets` that Prometheus, Alertmanager and Grafana read, each once. */
export function observabilitySecrets(environment: Environment): {
  readonly prometheus: readonly string[];
  readonly alertmanager: readonly string[];
  readonly grafana: readonly string[];
} {
  const names = (part: string) => [
    ...new Set(secretUses(environment).flatMap(({ path, name }) => (path[0] === part ? [name] : []))),
  ];
  return {
    prometheus: names('prometheus'),
    alertmanager: names('alertmanager'),
    grafana: names('grafana'),
  };
}

/** Each place that names a secret. */
export function secretUses({ prometheus, alertmanager, grafana }: Environment): {
  readonly path: Problem['path'];
  readonly name: string;
}[] {
  const uses: [Problem['path'], string | undefined][] = [
    ...prometheus.remoteWrite.flatMap(({ bearer, basic }, index): [Problem['path'], string | undefined][] => [
      [['prometheus', 'remoteWrite', index, 'bearer'], bearer],
      [['prometheus', 'remoteWrite', index, 'basic', 'password'], basic?.password],
    ]),
    ...Object.entries(alertmanager?.receivers ?? {}).flatMap(
      ([receiver, { pagerduty, slack, webhook, email }]): [Problem['path'], string | undefined][] => {
        const path = ['alertmanager', 'receivers', receiver];
        return [
          [[...path, 'pagerduty'], pagerduty],
          [[...path, 'slack', 'webhook'], slack?.webhook],
          [[...path, 'webhook', 'secretUrl'], webhook?.secretUrl],
          [[...path, 'webhook', 'bearer'], webhook?.bearer],
          [[...path, 'email', 'password'], email?.password],
        ];
      },
    ),
    [['grafana', 'adminPassword'], grafana?.adminPassword],
  ];
  return uses.flatMap(([path, name]) => (name === undefined ? [] : [{ path, name }]));
}

/** What must hold for Prometheus, Alertmanager and Grafana beyond their own sections. */
export function observabilityProblems(environment: Environment): Problem[] {
  const cloud = cloudSection(environment);
  return [
    ...secretsInFiles(environment),
    ...remoteWriteProblems(environment),
    ...receiverProblems(environment),
    ...routeProblems(environment),
    ...(cloud === undefined ? [] : imageProblems(environment, cloud)),
  ];
}

/** They read secrets from files alone. */
function secretsInFiles(environment: Environment): Problem[] {
  if (environment.platform !== 'process') return [];
  return secretUses(environment).flatMap(({ path, name }) => {
    const reference = environment.secrets[name];
    return reference !== undefined && 'env' in reference
      ? [
          {
            path,
            message: `is read from a file, but secret ${name} is kept in the variable ${reference.env}; give it as \`file\``,
            refersTo: ['secrets', name],
          },
        ]
      : [];
  });
}

function remoteWriteProblems({ platform, prometheus }: Environment): Problem[] {
  return prometheus.remoteWrite.flatMap(({ bearer, basic, sigv4, google }, index): Problem[] => {
    const path = ['prometheus', 'remoteWrite', index];
    const ways = Object.entries({ bearer, basic, sigv4, google }).flatMap(([name, value]) =>
      value === undefined ? [] : [name],
    );
    return [
      ...(ways.length > 1 ? [{ path, message: `takes one way to sign in, got ${ways.join(', ')}` }] : []),
      ...(google === true && platform !== 'google'
        ? [
            {
              path: [...path, 'google'],
              message: `signs in by a Google identity, which only platform google has; platform is ${platform}`,
            },
          ]
        : []),
    ];
  });
}

function receiverProblems({ alertmanager }: Environment): Problem[] {
  return Object.entries(alertmanager?.receivers ?? {}).flatMap(([name, receiver]): Problem[] => {
    const path = ['alertmanager', 'receivers', name];
    const { webhook } = receiver;
    if (Object.keys(receiver).length === 0)
      return [{ path, message: 'tells nobody: give pagerduty, slack, webhook or email' }];
    return webhook !== undefined && (webhook.url === undefined) === (webhook.secretUrl === undefined)
      ? [{ path: [...path, 'webhook'], message: 'must have either `url` or `secretUrl`' }]
      : [];
  });
}

function routeProblems({ alertmanager }: Environment): Problem[] {
  if (alertmanager === undefined) return [];
  const known = Object.keys(alertmanager.receivers);
  return Object.entries(alertmanager.routes).flatMap(([severity, receiver]) =>
    receiver === undefined || known.includes(receiver)
      ? []
      : [
          {
            path: ['alertmanager', 'routes', severity],
            message: `no receiver is named ${receiver}${nearest(receiver, known)} (they are listed under \`alertmanager.receivers\`)`,
            refersTo: ['alertmanager', 'receivers', receiver],
          },
        ],
  );
}

const ECR = /\.dkr\.ecr\.[\w-]+\.amazonaws\.com(\.cn)?\//;

function imageProblems(environment: Environment, { platform }: CloudSection): Problem[] {
  const { class: environmentClass, images, alertmanager, grafana } = environment;
  const used = [
    'prometheus' as const,
    ...(alertmanager === undefined ? [] : ['alertmanager' as const]),
    ...(grafana === undefined ? [] : ['grafana' as const]),
  ];
  const unpinned =
    environmentClass === 'development'
      ? []
      : used.flatMap((name) =>
          images[name]?.includes('@sha256:')
            ? []
            : [
                {
                  path: ['images', name],
                  message: `class ${environmentClass} needs <image>@sha256:<digest>, got ${images[name] ?? 'nothing, which means the published image by tag'}`,
                },
              ],
        );
  const outOfReach =
    platform === 'aws' && !ECR.test(images.prometheus ?? '')
      ? [
          {
            path: ['images', 'prometheus'],
            message: `runs beside each gateway, which reaches no registry but ECR, got ${images.prometheus ?? 'nothing, which means the published image'}`,
          },
        ]
      : [];
  return [...unpinned, ...outOfReach];
}
