import type { Environment } from './environment.ts';
import { nearest } from './nearest.ts';
import type { Problem } from './problem.ts';

const PATH = ['reviewer'];

/** The secrets that the reviewer reads, by the field that names them. */
export const REVIEWER_SECRETS = ['privateKey', 'webhookSecret', 'gatewayKey'] as const;

/** What must hold for the reviewer of pull requests. */
export function reviewerProblems(environment: Environment): Problem[] {
  const { platform, reviewer, images, class: environmentClass } = environment;
  if (reviewer === undefined) return [];
  const problems: Problem[] = [];
  if (platform === 'aws')
    problems.push({
      path: PATH,
      message: 'platform aws runs no reviewer so far; only google, docker and process do',
    });
  if (environment.models[reviewer.model] === undefined)
    problems.push({
      path: [...PATH, 'model'],
      message: `no model is named ${reviewer.model}${nearest(reviewer.model, Object.keys(environment.models))}`,
      refersTo: ['models', reviewer.model],
    });
  if (environmentClass !== 'development' && !reviewer.api.startsWith('https://'))
    problems.push({
      path: [...PATH, 'api'],
      message: `class ${environmentClass} sends its tokens by https:// alone, got ${reviewer.api}`,
    });
  if (platform === 'google') problems.push(...imageProblems(environmentClass, images.reviewer));
  return [...problems, ...madeSecrets(environment)];
}

function imageProblems(environmentClass: Environment['class'], image: string | undefined): Problem[] {
  const path = ['images', 'reviewer'];
  const how = '`fleet image push <environment> reviewer` builds the image and writes its digest here';
  if (image === undefined) return [{ path, message: `is required for \`reviewer\`; ${how}` }];
  return environmentClass === 'development' || image.includes('@sha256:')
    ? []
    : [{ path, message: `class ${environmentClass} needs <image>@sha256:<digest>, got ${image}; ${how}` }];
}

/** GitHub makes the app's key, the gateway knows its own: what was made here would fit neither. */
function madeSecrets({ reviewer, secrets }: Environment): Problem[] {
  return (['privateKey', 'gatewayKey'] as const).flatMap((field) => {
    const name = reviewer?.[field] ?? '';
    const reference = secrets[name];
    return reference !== undefined && 'generate' in reference && reference.generate === true
      ? [
          {
            path: ['secrets', name, 'generate'],
            message: `reviewer.${field} cannot be made up; give its file`,
          },
        ]
      : [];
  });
}
