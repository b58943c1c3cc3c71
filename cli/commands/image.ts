import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageFiles } from '../../workloads/image-files.ts';
import { type Output, runProgram } from '../checks/run-program.ts';
import type { Context } from '../context.ts';
import { setValue } from '../environment-edit.ts';
import { Failure, UsageError } from '../errors.ts';
import { CLOUD_IMAGES, type CloudImage, imageRepository, registryAdvice } from '../image-repository.ts';
import { findProgram } from '../programs.ts';
import { environmentFile, hasEnvironment, unknownEnvironment } from '../project.ts';

export interface BuiltImage {
  /** Repository and tag. */
  readonly image: string;
  /** Of the image's configuration; the digest is the registry's to give. */
  readonly id: string;
  readonly bytes: number;
  /** Commit of the program in it; absent where the toolkit is no checkout, or has changes. */
  readonly revision?: string;
}

export interface PushedImage extends BuiltImage {
  readonly environment: string;
  readonly part: CloudImage;
  readonly digest: string;
  /** What the environment file says now. */
  readonly reference: string;
  readonly file: string;
  /** Whether the file said something else before. */
  readonly changed: boolean;
}

/** Only clouds take images from a registry, and their machines have this architecture. */
const ARCHITECTURE = 'linux/amd64';
/** What the image is made of. */
const SOURCES = ['services', 'contracts', 'templates/docker', 'build.mjs', 'package-lock.json'];

interface Revision {
  readonly commit?: string;
  /** Of that commit, so that the same sources are the same image. 0 where it is not known. */
  readonly seconds: number;
}

/** @throws UsageError for a name of no image */
export function cloudImage(name: string): CloudImage {
  const image = CLOUD_IMAGES.find((one) => one === name);
  if (image === undefined) throw new UsageError(`image: must be ${CLOUD_IMAGES.join(' or ')}, got ${name}`);
  return image;
}

/**
 * Builds one of our images on the container engine of this host.
 * @throws UsageError, Failure
 */
export async function buildImage(
  image: CloudImage,
  environment: string | undefined,
  tag: string | undefined,
  context: Context,
): Promise<BuiltImage> {
  const repository =
    environment === undefined
      ? `gpt-oss-fleet/${image}`
      : imageRepository(environment, read(environment, context), image).name;
  return build(image, repository, tag, context);
}

/**
 * Builds one of our images, brings it to the registry and writes its digest into the environment file.
 * @throws UsageError, Failure
 */
export async function pushImage(
  image: CloudImage,
  environment: string,
  tag: string | undefined,
  context: Context,
): Promise<PushedImage> {
  const file = environmentFile(environment);
  const { name } = imageRepository(environment, read(environment, context), image);
  const built = await build(image, name, tag, context);
  context.progress(`pushing ${built.image}`);
  const pushed = await docker(['push', built.image], context);
  const digest = /digest: (sha256:[0-9a-f]{64})/.exec(pushed.stdout)?.[1];
  if (pushed.code !== 0 || digest === undefined) throw refused(`push ${built.image}`, pushed, name);
  const reference = `${name}@${digest}`;
  const before = read(environment, context);
  const after = setValue(before, ['images', image], reference);
  const changed = after !== before;
  if (changed) writeFileSync(join(context.project, file), after);
  return { ...built, environment, part: image, digest, reference, file, changed };
}

function read(environment: string, { project }: Context): string {
  if (!hasEnvironment(project, environment)) throw new UsageError(unknownEnvironment(project, environment));
  return readFileSync(join(project, environmentFile(environment)), 'utf8');
}

async function build(
  target: CloudImage,
  repository: string,
  givenTag: string | undefined,
  context: Context,
): Promise<BuiltImage> {
  const toolkit = (path: string) => readFileSync(join(context.toolkit, path), 'utf8');
  const { version, repository: source } = JSON.parse(toolkit('package.json'));
  const { commit, seconds } = await revisionOf(context);
  const tag = givenTag ?? (commit === undefined ? `${version}` : `${version}-${commit.slice(0, 12)}`);
  if (!/^\w[\w.-]{0,127}$/.test(tag) || tag === 'latest')
    throw new UsageError(`--tag: must be letters, digits, dots and hyphens and not latest, got ${tag}`);
  const image = `${repository}:${tag}`;
  const labels = {
    title: `gpt-oss-fleet ${target}`,
    ...(typeof source === 'string' ? { source } : {}),
    version,
    licenses: 'Apache-2.0',
    ...(commit === undefined ? {} : { revision: commit }),
  };
  context.progress(`building ${image} for ${ARCHITECTURE}`);
  const folder = mkdtempSync(join(tmpdir(), 'fleet-image-'));
  try {
    for (const [name, text] of Object.entries(imageFiles(toolkit)[target])) {
      const path = join(folder, name);
      writeFileSync(path, text, { mode: 0o644 });
      utimesSync(path, seconds, seconds);
    }
    const built = await docker(
      [
        ...['build', '--platform', ARCHITECTURE, '--target', target, '--tag', image],
        ...['--build-arg', `SOURCE_DATE_EPOCH=${seconds}`],
        ...Object.entries(labels).flatMap(([key, value]) => [
          '--label',
          `org.opencontainers.image.${key}=${value}`,
        ]),
        folder,
      ],
      context,
    );
    if (built.code !== 0) throw refused(`build ${image}`, built);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const found = await docker(['image', 'inspect', '--format', '{{.Id}} {{.Size}}', image], context);
  const [, id, bytes] = /^(sha256:[0-9a-f]{64}) (\d+)\s*$/.exec(found.stdout) ?? [];
  if (id === undefined) throw refused(`inspect ${image}`, found);
  return { image, id, bytes: Number(bytes), revision: commit };
}

/** The last commit that changed what the image is made of: others leave the image as it is. */
async function revisionOf(context: Context): Promise<Revision> {
  const program = findProgram('git', context.env);
  if (program === undefined) return { seconds: 0 };
  const git = (...args: readonly string[]) =>
    runProgram(
      { program, args: [...args, '--', ...SOURCES], folder: context.toolkit, env: context.env },
      context,
    );
  const log = await git('log', '-1', '--format=%H %ct');
  const [, commit, time] = /^([0-9a-f]{40,64}) (\d+)\s*$/.exec(log.stdout) ?? [];
  const changes = await git('status', '--porcelain');
  return commit === undefined || changes.code !== 0 || changes.stdout !== ''
    ? { seconds: 0 }
    : { commit, seconds: Number(time) };
}

function docker(args: readonly string[], context: Context): Promise<Output> {
  const program = findProgram('docker', context.env);
  if (program === undefined)
    throw new Failure('docker is not installed; see https://docs.docker.com/engine/install');
  // An image alone, without the index of attestations that would give each build another digest.
  const env = { ...context.env, DOCKER_BUILDKIT: '1', BUILDX_NO_DEFAULT_ATTESTATIONS: '1' };
  return runProgram({ program, args, folder: context.project, env }, context);
}

function refused(what: string, { stdout, stderr }: Output, repository?: string): Failure {
  const said = stderr.trim() === '' ? stdout : stderr;
  if (/cannot connect to the docker daemon|is the docker daemon running/i.test(said))
    return new Failure(
      'the container engine does not answer; start it: systemctl start docker, or Docker Desktop',
    );
  if (/buildx (component )?is missing|buildx component/i.test(said))
    return new Failure(
      'docker has no BuildKit; install its plugin buildx: https://docs.docker.com/go/buildx/',
    );
  const last = said.trim().split('\n').slice(-8).join('\n');
  const advice = repository === undefined ? undefined : registryAdvice(repository, said);
  return new Failure([`docker cannot ${what}:`, last, ...(advice === undefined ? [] : [advice])].join('\n'));
}
