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
