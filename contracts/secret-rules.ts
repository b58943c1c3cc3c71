import type { Environment } from './environment.ts';
import { nearest } from './nearest.ts';
import { secretUses } from './observability-rules.ts';
import type { Problem } from './problem.ts';
import { REVIEWER_SECRETS } from './reviewer-rules.ts';

/** References to secrets must lead somewhere, to a kind that the platform can read, and never be the secret itself. */
export function secretProblems(environment: Environment): Problem[] {
  return [...secretReferences(environment), ...secretKinds(environment), ...secretsInClear(environment)];
}

function secretReferences(environment: Environment): Problem[] {
  const uses: [Problem['path'], string | undefined][] = [
    [['gateway', 'keys'], environment.gateway.keys],
    [['gateway', 'redis', 'password'], environment.gateway.redis?.password],
    [['router', 'key'], environment.router.key],
    ...REVIEWER_SECRETS.map((field): [Problem['path'], string | undefined] => [
      ['reviewer', field],
      environment.reviewer?.[field],
    ]),
    ...Object.entries(environment.endpoints).map(
      ([name, { bearer }]): [Problem['path'], string | undefined] => [['endpoints', name, 'bearer'], bearer],
    ),
    ...(['google', 'aws'] as const).map((cloud): [Problem['path'], string | undefined] => [
      [cloud, 'weights', 'hubToken'],
      environment[cloud]?.weights.hubToken,
    ]),
    ...secretUses(environment).map(({ path, name }): [Problem['path'], string] => [path, name]),
  ];
  const known = Object.keys(environment.secrets);
  return uses.flatMap(([path, name]) =>
    name === undefined || known.includes(name)
      ? []
      : [
          {
            path,
            message: `no secret is named ${name}${nearest(name, known)} (they are listed under \`secrets\`)`,
            refersTo: ['secrets', name],
          },
        ],
  );
}

function secretKinds({ platform, secrets, class: environmentClass }: Environment): Problem[] {
  const allowed = platform === 'google' || platform === 'aws' ? [platform] : ['file', 'env'];
  return Object.entries(secrets).flatMap(([name, reference]) => {
    const kind = Object.keys(reference)[0] ?? '';
    const path = ['secrets', name, kind];
    if (!allowed.includes(kind))
      return [
        { path, message: `platform ${platform} reads secrets from ${allowed.join(' or ')}, got ${kind}` },
      ];
    const generated = 'generate' in reference && reference.generate === true;
    return generated && environmentClass !== 'development'
      ? [
          {
            path: ['secrets', name, 'generate'],
            message: `only class development may generate secrets, class is ${environmentClass}`,
          },
        ]
      : [];
  });
}

/** Shapes of well-known keys: OpenAI, Groq, Hugging Face, GitHub, AWS, Google, PEM. */
const KEY_SHAPE =
  /\b(sk-[\w-]{8,}|gsk_\w{8,}|hf_\w{8,}|gh[pousr]_\w{8,}|AKIA[A-Z0-9]{12,}|AIza[\w-]{20,})|-----BEGIN/;

function secretsInClear(environment: Environment): Problem[] {
  const { name: _name, ...document } = environment;
  return scalars(document, []).flatMap(({ path, text }) =>
    looksLikeKey(text)
      ? [
          {
            path,
            message:
              'looks like a secret in clear; put it into a secret store and name it under `secrets` (value not shown)',
          },
        ]
      : [],
  );
}

/** Whether a text has the shape of a well-known key. */
export function looksLikeKey(text: string): boolean {
  return KEY_SHAPE.test(text);
}

function scalars(value: unknown, path: Problem['path']): { path: Problem['path']; text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => scalars(inner, [...path, key]));
}
