import type { Statement } from './policy.ts';

/** Account, region and repository of an image in Elastic Container Registry. */
const ECR_IMAGE = /^(\d{12})\.dkr\.ecr\.([\w-]+)\.amazonaws\.com(?:\.cn)?\/([\w./-]+?)(?:[:@].*)?$/;

/** ARNs of the repositories that images of ECR come from, each once. Images of other registries need no right. */
export function repositoryArns(images: readonly string[], partition: string): string[] {
  const arns = images.flatMap((image) => {
    const [, account, region, repository] = ECR_IMAGE.exec(image) ?? [];
    return repository === undefined
      ? []
      : [`arn:${partition}:ecr:${region}:${account}:repository/${repository}`];
  });
  return [...new Set(arns)];
}

/** The right to pull images, as far as they come from ECR. Absent ones are public. */
export function pullImages(images: readonly (string | undefined)[], partition: string): Statement[] {
  const repositories = repositoryArns(
    images.filter((image) => image !== undefined),
    partition,
  );
  if (repositories.length === 0) return [];
  return [
    { Sid: 'SignInToRegistry', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
    {
      Sid: 'PullImages',
      Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      Resource: repositories,
    },
  ];
}
