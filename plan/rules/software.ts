import { bootTexts } from '../boot-texts.ts';
import type { Facts } from '../facts.ts';
import {
  DENY,
  DENY_IN_PRODUCTION,
  DENY_OUTSIDE_DEVELOPMENT,
  fail,
  type Observation,
  type Rule,
  unknown,
  WARN,
} from '../rule.ts';
import type { Subject } from '../subject.ts';
import { UNKNOWN } from '../view.ts';

export const imageUnpinned: Rule = {
  id: 'image-unpinned',
  topic: 'software',
  title: 'container images are named by digest',
  why: 'A tag can be moved: the next machine would run something else than this one, and nobody reviewed it.',
  fix: 'image@sha256:…; `images` in the environment file takes digests.',
  severity: DENY_IN_PRODUCTION,
  check: (facts) => [...inContainers(facts), ...inCloudRun(facts), ...inScripts(facts)],
};

const LOCAL_IMAGE = /^sha256:[0-9a-f]{12,}$/;
const DIGEST = /@sha256:[0-9a-f]{64}$/;

function pinned(address: string, image: string | typeof UNKNOWN | undefined): Observation[] {
  if (image === UNKNOWN) return [unknown(address, 'its image is only known after the apply')];
  if (image === undefined || LOCAL_IMAGE.test(image) || DIGEST.test(image)) return [];
  return [fail(address, `image ${image} has no digest`)];
}

function inContainers(facts: Facts): Observation[] {
  return [
    ...facts
      .wanted('docker_container')
      .flatMap(({ address, after }) => pinned(address, after?.text('image'))),
    ...facts.wanted('docker_image').flatMap((subject) => {
      const built = subject.blocks('build');
      return built !== UNKNOWN && built.length > 0
        ? []
        : pinned(subject.address, subject.after?.text('name'));
    }),
  ];
}

function inCloudRun(facts: Facts): Observation[] {
  return facts.wanted('google_cloud_run_v2_service', 'google_cloud_run_v2_job').flatMap((subject) => {
    const template = subject.blocks('template');
    if (template === UNKNOWN) return [unknown(subject.address, 'its template is only known after the apply')];
    return template.flatMap((view) => {
      const containers = view.blocks('containers');
      if (containers === UNKNOWN)
        return [unknown(subject.address, 'its containers are only known after the apply')];
      return containers.flatMap((container) => pinned(subject.address, container.text('image')));
    });
  });
}

/** `docker run … registry/name:tag`, `image: …`, `Image=…`; what is named in another way is not seen. */
const IMAGE =
  /(?:docker|podman|nerdctl|ctr)\s+(?:run|pull|create)\s(?:[^\n|;&]*?\s)?((?:[\w.-]+(?::\d+)?\/)+[\w.-]+(?::[\w.-]+)?(?:@sha256:[0-9a-f]+)?)(?=\s|$|"|')|"?\b[iI]mage"?\s*[=:]\s*"?((?:[\w.-]+(?::\d+)?\/)+[\w.-]+(?::[\w.-]+)?(?:@sha256:[0-9a-f]+)?)/g;

function inScripts(facts: Facts): Observation[] {
  return bootTexts(facts).flatMap(({ address, text }) => {
    if (text === undefined) return [];
    const images = [...text.matchAll(IMAGE)].map(([, run, named]) => run ?? named ?? '');
    return [...new Set(images)].flatMap((image) => pinned(address, image));
  });
}

export const machineImageUnpinned: Rule = {
  id: 'machine-image-unpinned',
  topic: 'software',
  title: 'machine images are named exactly',
  why: 'A family is whatever is newest on the day that a machine starts.',
  fix: 'Name the image itself; `fleet doctor` names the newest.',
  severity: WARN,
  check: (facts) => [
    ...facts
      .wanted('google_compute_instance_template', 'google_compute_region_instance_template')
      .flatMap((subject) => diskImages(subject, 'disk', (disk) => disk.text('source_image'))),
    ...facts.wanted('google_compute_instance').flatMap((subject) =>
      diskImages(subject, 'boot_disk', (disk) => {
        const parameters = disk.block('initialize_params');
        return parameters === UNKNOWN ? UNKNOWN : parameters?.text('image');
      }),
    ),
  ],
};

type Disk = Exclude<ReturnType<Subject['blocks']>, typeof UNKNOWN>[number];

function diskImages(
  subject: Subject,
  key: string,
  imageOf: (disk: Disk) => string | typeof UNKNOWN | undefined,
): Observation[] {
  const disks = subject.blocks(key);
  if (disks === UNKNOWN) return [];
  return disks.flatMap((disk) => {
    const image = imageOf(disk);
    if (image === UNKNOWN) return [unknown(subject.address, 'its image is only known after the apply')];
    const exact = image === undefined || image === '' || /\/images\/(?!family\/)/.test(image);
    return exact ? [] : [fail(subject.address, `${image} is a family, not an image`)];
  });
}

const FLAGS: readonly (readonly [RegExp, string])[] = [
  [/VLLM_SERVER_DEV_MODE\s*[=:]\s*["']?1/, 'VLLM_SERVER_DEV_MODE=1 opens paths that run code in the server'],
  [/--enable-tokenizer-info-endpoint/, '--enable-tokenizer-info-endpoint shows the server’s inside'],
  [/--tool-server[= ]+demo/, '--tool-server demo runs code that the model wrote'],
  [/--trust-remote-code/, '--trust-remote-code runs code from the model’s repository'],
  [/VLLM_TORCH_PROFILER_DIR\s*[=:]/, 'the profiler lets callers write to disk'],
];

export const dangerousVllmFlag: Rule = {
  id: 'dangerous-vllm-flag',
  topic: 'software',
  title: 'vLLM runs without the switches that are for developers',
  why: 'They let callers run code or read memory, without a key.',
  fix: 'Leave the switch out.',
  severity: DENY,
  check: (facts) =>
    bootTexts(facts).flatMap(({ address, text }) =>
      text === undefined
        ? [unknown(address, 'what it runs is only known after the apply')]
        : FLAGS.filter(([shape]) => shape.test(text)).map(([, message]) => fail(address, message)),
    ),
};

export const grafanaOpen: Rule = {
  id: 'grafana-open',
  topic: 'network',
  title: 'Grafana asks who is there',
  why: 'Its data sources answer every question about the fleet.',
  fix: 'GF_AUTH_ANONYMOUS_ENABLED=false, and the password from a file: GF_SECURITY_ADMIN_PASSWORD__FILE.',
  severity: DENY_OUTSIDE_DEVELOPMENT,
  check: (facts) => [
    ...facts.wanted('docker_container').flatMap(({ address, after }) => {
      const image = after?.text('image');
      const grafana = typeof image === 'string' && image.includes('grafana');
      return grafana && after?.texts('env') === UNKNOWN
        ? [unknown(address, 'its environment is only known after the apply')]
        : [];
    }),
    ...bootTexts(facts).flatMap(({ address, text = '' }) => [
      ...(/GF_AUTH_ANONYMOUS_ENABLED=["']?true/i.test(text)
        ? [fail(address, 'anonymous visitors are let in')]
        : []),
      ...(/GF_SECURITY_ADMIN_PASSWORD=/.test(text)
        ? [fail(address, 'the administrator’s password is in an environment variable')]
        : []),
    ]),
  ],
};

export const containerOwnsHost: Rule = {
  id: 'container-owns-host',
  topic: 'identity',
  title: 'a container does not own its host',
  why: 'A privileged container, or one with the engine’s socket, is root on the host.',
  fix: 'Leave out `privileged` and the socket; grant the one device or capability that is needed.',
  severity: DENY_OUTSIDE_DEVELOPMENT,
  check: (facts) =>
    facts.wanted('docker_container').flatMap((subject) => {
      const { address } = subject;
      const privileged = subject.after?.flag('privileged');
      const sources = [
        ...sourcesOf(subject, 'volumes', 'host_path'),
        ...sourcesOf(subject, 'mounts', 'source'),
      ];
      const socket = sources.some((source) => typeof source === 'string' && source.endsWith('docker.sock'));
      return [
        ...(privileged === true ? [fail(address, 'it is privileged')] : []),
        ...(socket ? [fail(address, 'it has the engine’s socket')] : []),
        ...(privileged === UNKNOWN && subject.says('privileged')
          ? [unknown(address, 'whether it is privileged is only known after the apply')]
          : []),
        ...(!socket && sources.includes(UNKNOWN)
          ? [unknown(address, 'what it has of its host is only known after the apply')]
          : []),
      ];
    }),
};

/** Folders of the host that a container sees, as far as somebody wrote them. */
function sourcesOf(
  subject: Subject,
  block: string,
  argument: string,
): (string | typeof UNKNOWN | undefined)[] {
  const found = subject.blocks(block);
  if (found === UNKNOWN) return [UNKNOWN];
  return found
    .map((view) => view.text(argument))
    .filter((source) => source !== UNKNOWN || subject.says(argument, block));
}
