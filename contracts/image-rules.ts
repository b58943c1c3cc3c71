import type { CloudSection } from './cloud-section.ts';
import type { Environment } from './environment.ts';
import type { Problem } from './problem.ts';
import { imageOf, releasesOf } from './release.ts';

interface UsedImage {
  readonly path: Problem['path'];
  readonly image: string;
}

/** Images of a cloud environment: what runs must be known exactly, and be within reach of the nodes. */
export function imageProblems(environment: Environment, cloud: CloudSection): Problem[] {
  const used = vllmImages(environment);
  return [
    ...(environment.class === 'development'
      ? []
      : used.flatMap((image) => digestProblems(environment, image))),
    ...(cloud.network.nodesReachInternet ? [] : withoutInternet(environment, cloud, used)),
  ];
}

/** Each once, under the key that says it. */
function vllmImages(environment: Environment): UsedImage[] {
  const used = releasesOf(environment).flatMap(({ model, name, document: { nodes } }): UsedImage[] => {
    if (nodes === undefined) return [];
    const own = ['models', model, 'releases', name, 'nodes', 'image'];
    const shared = ['images', 'vllm', nodes.version];
    return [{ path: nodes.image === undefined ? shared : own, image: imageOf(environment, nodes) }];
  });
  const paths = used.map(({ path }) => path.join(' '));
  return used.filter((_image, index) => paths.indexOf(paths[index] ?? '') === index);
}

function digestProblems({ class: environmentClass }: Environment, { path, image }: UsedImage): Problem[] {
  return image.includes('@sha256:')
    ? []
    : [
        {
          path,
          message: `a tag can move between two boots; class ${environmentClass} needs <image>@sha256:<digest>, got ${image}; \`docker buildx imagetools inspect ${image}\` prints the digest`,
        },
      ];
}

function withoutInternet(
  environment: Environment,
  { platform, weights, ...cloud }: CloudSection,
  vllm: readonly UsedImage[],
): Problem[] {
  const why = `nodes without internet (${platform}.network.nodesReachInternet: false)`;
  const { registry, example } = registryOf({ platform, ...cloud });
  const exporters = (['dcgmExporter', 'nodeExporter'] as const).map((name) => ({
    path: ['images', name],
    image: environment.images[name],
  }));
  return [
    ...(weights.bucket === undefined
      ? [
          {
            path: [platform, 'weights', 'bucket'],
            message: `is required: ${why} cannot fetch from the model hub; \`fleet weights push\` fills the bucket`,
          },
        ]
      : []),
    ...[...vllm, ...exporters].flatMap(({ path, image }) =>
      image !== undefined && registry.test(image)
        ? []
        : [
            {
              path,
              message: `${why} pull only from ${example}, got ${image ?? 'nothing, which means the published image'}`,
            },
          ],
    ),
  ];
}

/** What private endpoints of a cloud's network lead to: on AWS the region's own registry, on Google any of its own. */
function registryOf({ platform, ...cloud }: Pick<CloudSection, 'platform' | 'region'>): {
  readonly registry: RegExp;
  readonly example: string;
} {
  return platform === 'aws'
    ? {
        registry: new RegExp(`^\\d{12}\\.dkr\\.ecr\\.${cloud.region}\\.amazonaws\\.com(\\.cn)?/`),
        example: `<account>.dkr.ecr.${cloud.region}.amazonaws.com`,
      }
    : {
        registry: /^([a-z0-9-]+-docker\.pkg\.dev|([a-z]+\.)?gcr\.io)\//,
        example: `${cloud.region}-docker.pkg.dev`,
      };
}
