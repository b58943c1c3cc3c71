import { lacksEngine } from '../../../contracts/engine-packages.ts';
import { imageOf, releasesOf } from '../../../contracts/release.ts';
import {
  ALERTMANAGER_IMAGE,
  GRAFANA_IMAGE,
  PROMETHEUS_IMAGE,
} from '../../../workloads/observability-images.ts';
import type { CloudImage } from '../../image-repository.ts';
import { CloudError } from '../cloud.ts';
import { hasPublicImage } from '../registry.ts';
import { type CloudCheck, type Examination, placeholderFinding } from './check.ts';
import { copyImage, inspectImage } from './fixes.ts';

/** Machine images and container images of nodes and routers, and of the gateway. */
export function imageFindings(examination: Examination): CloudCheck[] {
  const { environment, section } = examination;
  const { name, images } = environment;
  const own = releasesOf(environment).flatMap(({ document: { nodes } }) => nodes ?? []);
  const vllm = new Map(
    own.map((nodes) => [imageOf(environment, nodes), `vllm/vllm-openai:v${nodes.version}`]),
  );
  const check = (what: string, image: string | undefined, fix: (reference: string) => string) =>
    image === undefined ? [] : [containerImageCheck(what, image, fix(image), examination)];
  const ours = (part: CloudImage) => () => `fleet image push ${name} ${part}`;
  return [
    ...(own.length === 0 ? [] : [nodeImageCheck(examination)]),
    ...(section.routerImage === undefined ? [] : [routerImageCheck(section.routerImage, examination)]),
    ...[...vllm].flatMap(([image, source]) =>
      check('vLLM image', image, (there) =>
        source === there ? inspectImage(there) : copyImage(source, there),
      ),
    ),
    ...(own.length === 0 ? [] : check('DCGM exporter', images.dcgmExporter, inspectImage)),
    ...check('node exporter', images.nodeExporter, inspectImage),
    ...check('router image', images.router, ours('router')),
    ...check('gateway image', images.gateway, ours('gateway')),
    ...(environment.reviewer === undefined ? [] : check('reviewer image', images.reviewer, ours('reviewer'))),
    ...check('Prometheus image', images.prometheus, (there) => copyImage(PROMETHEUS_IMAGE, there)),
    ...check('Alertmanager image', images.alertmanager, (there) => copyImage(ALERTMANAGER_IMAGE, there)),
    ...check('Grafana image', images.grafana, (there) => copyImage(GRAFANA_IMAGE, there)),
  ];
}

function nodeImageCheck({ section, cloud, fixes }: Examination): CloudCheck {
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

function routerImageCheck(image: string, { section, cloud, fixes }: Examination): CloudCheck {
  return {
    what: 'machine image of routers',
    fix: fixes.machineImages,
    look: async () => {
      const fix = `set ${section.platform}.routerImage, or leave it out: routers start from nodeImage then`;
      const placeholder = placeholderFinding(image, fix);
      if (placeholder !== undefined) return placeholder;
      return (await cloud.hasMachineImage(image))
        ? { state: 'found', detail: image }
        : { state: 'missing', detail: `${image} does not exist or is not yours`, fix };
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

function containerImageCheck(what: string, image: string, fix: string, { cloud }: Examination): CloudCheck {
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
