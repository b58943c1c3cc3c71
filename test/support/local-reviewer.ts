import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import type { GithubApi } from './github/api.ts';
import type { LocalProject } from './local-project.ts';

/** A reviewer in the shipped local environment, as an operator would add one. */
export function withLocalReviewer(api = 'http://127.0.0.1:1/'): (text: string) => string {
  return (text) =>
    text
      .replace(
        /^ {2}api-keys: .+$/m,
        `$&
  reviewer-app: { env: REVIEWER_APP }
  reviewer-hook: { env: REVIEWER_HOOK }
  reviewer-key: { env: REVIEWER_KEY }`,
      )
      .replace(
        /^router: /m,
        `reviewer:
  app: 4711
  api: ${api}
  privateKey: reviewer-app
  webhookSecret: reviewer-hook
  gatewayKey: reviewer-key
  repositories: [acme]
$&`,
      );
}

interface LocalReviewer {
  /** Key of the gateway that reviews are charged to. */
  readonly key: string;
  /** Where webhooks are taken. */
  readonly port: number;
}

/** Adds a reviewer to a project that is not up yet: its secrets, free ports, and a simulator that answers by a script. */
export async function addLocalReviewer(
  project: LocalProject,
  {
    github,
    secret,
    answers,
  }: { readonly github: GithubApi; readonly secret: string; readonly answers: object },
): Promise<LocalReviewer> {
  const port = await freePort();
  const adminPort = await freePort();
  const secrets = join(project.folder, 'secrets');
  mkdirSync(secrets);
  writeFileSync(join(project.folder, 'answers.json'), JSON.stringify(answers));
  project.edit((text) =>
    withLocalReviewer(github.url)(text)
      .replace('engine: simulator', '$&\n  simulator: { answers: answers.json }')
      .replace('  app: 4711', `$&\n  port: ${port}\n  adminPort: ${adminPort}`)
      .replace('{ env: REVIEWER_APP }', '{ file: secrets/app.pem }')
      .replace('{ env: REVIEWER_HOOK }', '{ file: secrets/hook }')
      .replace('{ env: REVIEWER_KEY }', '{ file: secrets/key }'),
  );
  const key = (await project.fleet('key', 'create', 'reviewer')).stdout.trim();
  writeFileSync(join(secrets, 'app.pem'), github.privateKey);
  writeFileSync(join(secrets, 'hook'), secret);
  writeFileSync(join(secrets, 'key'), key);
  return { key, port };
}
