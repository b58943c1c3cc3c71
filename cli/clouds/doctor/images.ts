import { lacksEngine } from '../../../contracts/engine-packages.ts';
import { imageOf, releasesOf } from '../../../contracts/release.ts';
import { CloudError } from '../cloud.ts';
import { hasPublicImage } from '../registry.ts';
import { type CloudCheck, type Examination, placeholderFinding } from './check.ts';
import { copyImage } from './fixes.ts';

/** The machine image and the container images of own nodes. */
export function imageFindings(examination: Examination): CloudCheck[] {
  const { environment } = examination;
  const own = releasesOf(environment).flatMap(({ document: { nodes } }) => nodes ?? []);
  if (own.length === 0) return [];
  const vllm = new Map(
    own.map((nodes) => [imageOf(environment, nodes), `vllm/vllm-openai:v${nodes.version}`]),
  );
  const { dcgmExporter, nodeExporter } = environment.images;
  return [
    machineImageCheck(examination),
    ...[...vllm].map(([image, source]) => containerImageCheck('vLLM image', image, source, examination)),
    ...(dcgmExporter === undefined
      ? []
      : [containerImageCheck('DCGM exporter', dcgmExporter, undefined, examination)]),
    ...(nodeExporter === undefined
      ? []
      : [containerImageCheck('node exporter', nodeExporter, undefined, examination)]),
  ];
}

function machineImageCheck({ section, cloud, fixes }: Examination): CloudCheck {
  const { nodeImage, platform } = section;
  return {
    what: 'machine image',
    fix: fixes.machineImages,
    look: async () => {
      const newest = await newestOf(cloud);
      const fix =
        newest === undefined ? fixes.machineImages : `set ${platform}.nodeImage: ${newest} (the newest)`;
      if (nodeImage === undefined)
        return { state: 'found', detail: `the newest, now ${newest ?? 'unknown'}` };
      const placeholder = placeholderFinding(nodeImage, fix);
      if (placeholder !== undefined) return placeholder;
      if (!(await cloud.hasMachineImage(nodeImage)))
        return { state: 'missing', detail: `${nodeImage} does not exist or is not yours`, fix };
      const own = lacksEngine(nodeImage) || platform === 'aws' ? '' : '; docker and nvidia-ctk must be in it';
      const newer = newest === undefined || newest === nodeImage ? '' : `; the newest is ${newest}`;
      return { state: 'found', detail: `${nodeImage}${newer}${own}` };
    },
  };
}

/** It is a hint: the check itself does not fail with it. */
async function newestOf(cloud: Examination['cloud']): Promise<string | undefined> {
  try {
    return await cloud.newestMachineImage();
  } catch (error) {
    if (error instanceof CloudError) return undefined;
    throw error;
  }
}

function containerImageCheck(
  what: string,
  image: string,
  source: string | undefined,
  { cloud }: Examination,
): CloudCheck {
  const fix =
    source === undefined || source === image
      ? `docker buildx imagetools inspect ${image.replace(/@.*$/, '')}`
      : copyImage(source, image);
  return {
    what,
    fix,
    look: async () => {
      const placeholder = placeholderFinding(image, fix);
      if (placeholder !== undefined) return placeholder;
      const there = (await cloud.hasContainerImage(image)) ?? (await hasPublicImage(image));
      return there
        ? { state: 'found', detail: image }
        : { state: 'missing', detail: `${image} is not in its registry`, fix };
    },
  };
}
