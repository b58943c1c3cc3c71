import { cloudSection } from './cloud-section.ts';
import type { Environment } from './environment.ts';
import type { Problem } from './problem.ts';

/** What must hold for the router's machines on platforms google and aws, and what belongs to them alone. */
export function routerProblems(environment: Environment): Problem[] {
  const { platform, router } = environment;
  if (platform === 'process' || platform === 'docker')
    return router.machine === undefined
      ? []
      : [
          {
            path: ['router', 'machine'],
            message: `only on platforms google and aws; on ${platform} leave it out`,
          },
        ];
  return [...containerImageProblems(environment), ...machineImageProblems(environment)];
}

function containerImageProblems({ class: environmentClass, images }: Environment): Problem[] {
  const path = ['images', 'router'];
  if (images.router === undefined)
    return [
      {
        path,
        message:
          'is required; `fleet image push <environment> router` builds the image and writes its digest here',
      },
    ];
  return environmentClass === 'development' || images.router.includes('@sha256:')
    ? []
    : [
        {
          path,
          message: `class ${environmentClass} needs <image>@sha256:<digest>, got ${images.router}; \`fleet image push <environment> router\` writes it`,
        },
      ];
}

/** Without own nodes there is no `nodeImage` to fall back on. */
function machineImageProblems(environment: Environment): Problem[] {
  const cloud = cloudSection(environment);
  if (cloud === undefined || cloud.routerImage !== undefined || cloud.nodeImage !== undefined) return [];
  return [
    {
      path: [cloud.platform, 'routerImage'],
      message:
        'is required where no `nodeImage` is given: a machine image with container engine, see docs/operations/routers.md',
    },
  ];
}
