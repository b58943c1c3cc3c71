/** A repository of Artifact Registry, in the terms of its access rules. */
export interface Repository {
  readonly location: string;
  readonly project: string;
  readonly repository: string;
}

const IMAGE = /^([a-z0-9-]+)-docker\.pkg\.dev\/([^/]+)\/([^/]+)\//;

/** The repositories that images come from, each once. Images of other registries need no right. */
export function repositoriesOf(images: readonly (string | undefined)[]): Repository[] {
  const found = images.flatMap((image): Repository[] => {
    const [, location, project, repository] = IMAGE.exec(image ?? '') ?? [];
    return location === undefined || project === undefined || repository === undefined
      ? []
      : [{ location, project, repository }];
  });
  return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()];
}
