import { parse } from 'yaml';
import { z } from 'zod';
import { UsageError } from './errors.ts';
import { environmentFile } from './project.ts';

/** What of an environment file decides where its image is kept. The rest may still have mistakes: the image comes first. */
const Shape = z.object({
  platform: z.string(),
  google: z.object({ project: z.string(), region: z.string() }).optional(),
  aws: z.object({ account: z.string(), region: z.string() }).optional(),
  images: z
    .object({
      gateway: z.string().optional(),
      router: z.string().optional(),
      reviewer: z.string().optional(),
    })
    .nullish(),
});

/** The images of ours that clouds pull. */
export const CLOUD_IMAGES = ['gateway', 'router', 'reviewer'] as const;
export type CloudImage = (typeof CLOUD_IMAGES)[number];

export interface ImageRepository {
  /** `<host>/<path>`, without tag and digest. */
  readonly name: string;
  /** What the environment file names now. */
  readonly current?: string;
}

/**
 * The repository that `images.<image>` names, else the one that the cloud would have.
 * @throws UsageError on a platform without one
 */
export function imageRepository(environment: string, text: string, image: CloudImage): ImageRepository {
  const { data, error } = Shape.safeParse(parse(text));
  if (data === undefined)
    throw new UsageError(
      `${environmentFile(environment)}: ${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}`,
    );
  const { platform, google, aws } = data;
  const current = data.images?.[image];
  if (current !== undefined) return { name: current.replace(/@sha256:[0-9a-f]+$|:[\w.-]+$/, ''), current };
  if (platform === 'google' && google !== undefined)
    return { name: `${google.region}-docker.pkg.dev/${google.project}/fleet/${image}` };
  if (platform === 'aws' && aws !== undefined)
    return { name: `${aws.account}.dkr.ecr.${aws.region}.amazonaws.com/fleet/${image}` };
  throw new UsageError(
    `${environment} is on platform ${platform}, which builds what it runs itself; only google and aws have a registry`,
  );
}

/** The commands that make a push possible, by what the registry complained about. */
export function registryAdvice(repository: string, complaint: string): string | undefined {
  const [host = '', ...path] = repository.split('/');
  const ecr = /^\d+\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/.exec(host);
  const artifacts = /^([a-z0-9-]+)-docker\.pkg\.dev$/.exec(host);
  if (/name unknown|not found|does not exist/i.test(complaint)) {
    if (ecr !== null)
      return `make the repository:\n  aws ecr create-repository --region ${ecr[1]} --repository-name ${path.join('/')}`;
    if (artifacts !== null)
      return `make the repository:\n  gcloud artifacts repositories create ${path[1]} --project ${path[0]} --location ${artifacts[1]} --repository-format docker`;
  }
  if (/denied|unauthori[sz]ed|unauthenticated|authentication|no basic auth|forbidden/i.test(complaint)) {
    if (ecr !== null)
      return `log in:\n  aws ecr get-login-password --region ${ecr[1]} | docker login --username AWS --password-stdin ${host}`;
    if (artifacts !== null) return `log in:\n  gcloud auth login && gcloud auth configure-docker ${host}`;
    return `log in:\n  docker login ${host}`;
  }
  return undefined;
}
