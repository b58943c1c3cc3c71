import { describe, expect, test } from 'vitest';
import { complaintsAbout, type Sketch } from './cloud-support.ts';

const ALL_ON_DEMAND = [{ from: 'on-demand', count: 2 }];
const nodes = (sketch: object): Sketch => ({ nodes: sketch });

describe('where machines come from', () => {
  test.each<[string, Sketch]>([
    ['nothing said', nodes({ count: 2 })],
    ['all on-demand', nodes({ count: 2, capacity: ALL_ON_DEMAND })],
    [
      'a ladder with an empty rung',
      nodes({
        count: 2,
        capacity: [
          { from: 'reservation', reservation: 'mine', count: 1 },
          { from: 'reservation', reservation: 'another', count: 0 },
          { from: 'flex-start', count: 1 },
          { from: 'spot', count: 0 },
        ],
      }),
    ],
  ])('%s is right', (_what, sketch) => {
    expect(complaintsAbout('google', sketch)).toEqual([]);
  });

  test('aws has capacity blocks, and rungs of one kind in several zones', () => {
    const capacity = [
      { from: 'capacity-block', reservation: 'cr-0123456789abcdef0', zone: 'us-east-1a', count: 1 },
      { from: 'spot', zone: 'us-east-1a', count: 0 },
      { from: 'spot', count: 1 },
    ];
    expect(complaintsAbout('aws', nodes({ count: 2, drain: 7145, capacity }))).toEqual([]);
  });

  test.each<[string, 'google' | 'aws' | 'process', Sketch, string]>([
    [
      'counts that do not add up',
      'google',
      nodes({ count: 3, capacity: ALL_ON_DEMAND }),
      'nodes.capacity: counts must add up to `count`, 3, got 2',
    ],
    [
      'a rung twice',
      'google',
      nodes({ count: 2, capacity: [...ALL_ON_DEMAND, { from: 'on-demand', count: 0 }] }),
      'nodes.capacity.1: on-demand is given twice; add its count to the first one',
    ],
    [
      'a reservation without a name',
      'google',
      nodes({ capacity: [{ from: 'reservation', count: 1 }] }),
      'nodes.capacity.0: from reservation needs `reservation`: the name of one that exists',
    ],
    [
      'a name without a reservation',
      'google',
      nodes({ capacity: [{ from: 'spot', reservation: 'mine', count: 1 }] }),
      'nodes.capacity.0.reservation: belongs to `from: reservation`, but from is spot',
    ],
    [
      'flex-start on aws',
      'aws',
      nodes({ capacity: [{ from: 'flex-start', count: 1 }] }),
      'nodes.capacity.0.from: aws has no flex-start; it has reservation, capacity-block, on-demand, spot',
    ],
    [
      'a reservation by its name on aws',
      'aws',
      nodes({ capacity: [{ from: 'reservation', reservation: 'mine', zone: 'us-east-1a', count: 1 }] }),
      'nodes.capacity.0.reservation: must be the id of a capacity reservation or block such as cr-0123456789abcdef0, got mine',
    ],
    [
      'a capacity block on google',
      'google',
      nodes({ capacity: [{ from: 'capacity-block', reservation: 'mine', count: 1 }] }),
      'nodes.capacity.0.from: google has no capacity-block; it has reservation, on-demand, flex-start, spot',
    ],
    [
      'a reservation on aws without its zone',
      'aws',
      nodes({ capacity: [{ from: 'reservation', reservation: 'cr-0123456789abcdef0', count: 1 }] }),
      'nodes.capacity.0: from reservation needs `zone`: the one that it was made in, one of us-east-1a, us-east-1b',
    ],
    [
      'a zone outside the network',
      'aws',
      nodes({ capacity: [{ from: 'on-demand', zone: 'us-east-1f', count: 1 }] }),
      'nodes.capacity.0.zone: must be one of aws.zones (us-east-1a, us-east-1b), got us-east-1f',
    ],
    [
      'a drain that no lifecycle hook waits for',
      'aws',
      nodes({ drain: 7146 }),
      'nodes.drain: aws holds a leaving machine for two hours: at most 7145 seconds, got 7146',
    ],
    [
      'capacity on a host of one’s own',
      'process',
      nodes({ count: 2, capacity: ALL_ON_DEMAND }),
      'nodes.capacity: only on platforms google and aws; on process leave it out and give `count`',
    ],
    [
      'part of a machine',
      'google',
      nodes({ firstGpu: 1, tensorParallel: 1 }),
      'nodes.firstGpu: a machine on google belongs to one release, so that retiring one never touches another, got 1; leave it out and take a smaller machine than a3-highgpu-8g, or more servers on this one',
    ],
  ])('%s is refused', (_what, platform, sketch, complaint) => {
    expect(complaintsAbout(platform, sketch)).toEqual([complaint]);
  });
});

describe('zones', () => {
  test.each([
    ['google', ['us-central1-a', 'us-central1-c']],
    ['aws', ['us-east-1a', 'us-east-1f']],
  ] as const)('%s: %j are zones of the region', (platform, zones) => {
    expect(complaintsAbout(platform, { section: { zones } })).toEqual([]);
  });

  test.each([
    [
      'google',
      ['us-central2-a'],
      'google.zones.0: must be a zone of us-central1 such as us-central1-a, got us-central2-a',
    ],
    ['google', ['us-central1-a', 'us-central1-a'], 'google.zones.1: us-central1-a is given twice'],
    [
      'google',
      ['us-central10-a'],
      'google.zones.0: must be a zone of us-central1 such as us-central1-a, got us-central10-a',
    ],
    [
      'aws',
      ['us-east-1-bos-1a', 'us-east-1b'],
      'aws.zones.0: must be a zone of us-east-1 such as us-east-1a, got us-east-1-bos-1a',
    ],
    [
      'aws',
      ['us-east-1', 'us-east-1b'],
      'aws.zones.0: must be a zone of us-east-1 such as us-east-1a, got us-east-1',
    ],
  ] as const)('%s: %j is refused', (platform, zones, complaint) => {
    expect(complaintsAbout(platform, { section: { zones } })).toEqual([complaint]);
  });
});

const FAMILY =
  'projects/ubuntu-os-accelerator-images/global/images/family/ubuntu-accelerator-2404-amd64-with-nvidia-580';
const IMAGE = FAMILY.replace('family/', '');

describe('the machine image', () => {
  test.each([
    ['google', 'development', undefined, []],
    ['google', 'development', FAMILY, []],
    ['google', 'production', IMAGE, []],
    ['aws', 'staging', 'ami-0123456789abcdef0', []],
    [
      'google',
      'production',
      undefined,
      [
        'google.nodeImage: is required in class production: projects/<project>/global/images/<image>; `fleet doctor` names the newest',
      ],
    ],
    [
      'google',
      'staging',
      FAMILY,
      [
        `google.nodeImage: a family means another image every month; class staging needs one image, got ${FAMILY}; \`fleet doctor\` names the newest`,
      ],
    ],
    [
      'google',
      'development',
      'debian',
      ['google.nodeImage: must be projects/<project>/global/images/<image>, got debian'],
    ],
    [
      'aws',
      'development',
      undefined,
      ['aws.nodeImage: is required: an AMI id with GPU driver; `fleet doctor` names the newest'],
    ],
    [
      'aws',
      'development',
      'ubuntu',
      [
        'aws.nodeImage: must be an AMI id such as ami-0123456789abcdef0, got ubuntu; `fleet doctor` names the newest',
      ],
    ],
  ] as const)('%s, class %s, %s', (platform, environmentClass, nodeImage, complaints) => {
    expect(complaintsAbout(platform, { class: environmentClass, section: { nodeImage } })).toEqual(
      complaints,
    );
  });

  test('an environment without own nodes needs none', () => {
    expect(
      complaintsAbout('aws', { section: { nodeImage: undefined }, release: { url: 'http://10.0.0.9:8000' } }),
    ).toEqual([]);
  });
});

const DIGEST = `@sha256:${'a'.repeat(64)}`;

describe('container images', () => {
  test('outside class development vLLM is pinned by digest, told once for all releases that share it', () => {
    const complaint =
      'images.vllm.0.32.0: a tag can move between two boots; class production needs <image>@sha256:<digest>, got vllm/vllm-openai:v0.32.0; `docker buildx imagetools inspect vllm/vllm-openai:v0.32.0` prints the digest';
    expect(complaintsAbout('google', { class: 'production', images: {} })).toEqual([complaint]);
    expect(
      complaintsAbout('google', { class: 'production', images: { vllm: { '0.32.0': `vllm${DIGEST}` } } }),
    ).toEqual([]);
    expect(complaintsAbout('google', { class: 'development', images: {} })).toEqual([]);
  });

  test('a tag in the release itself is told there', () => {
    expect(
      complaintsAbout('aws', { class: 'staging', nodes: { image: 'vllm/vllm-openai:v0.32.0' } }),
    ).toEqual([expect.stringMatching(/^nodes\.image: a tag can move/)]);
  });

  const private_ = (host: string) => ({
    vllm: { '0.32.0': `${host}/vllm${DIGEST}` },
    dcgmExporter: `${host}/dcgm:1`,
    nodeExporter: `${host}/node:1`,
  });
  const closed = { network: { nodesReachInternet: false }, weights: { bucket: 'weights' } };

  test.each([
    ['google', 'us-central1-docker.pkg.dev/p/fleet'],
    ['google', 'europe-docker.pkg.dev/p/fleet'],
    ['aws', '123456789012.dkr.ecr.us-east-1.amazonaws.com'],
  ] as const)('%s: nodes without internet pull from %s', (platform, host) => {
    expect(complaintsAbout(platform, { section: closed, images: private_(host) })).toEqual([]);
  });

  test.each([
    ['google', 'docker.io', 'us-central1-docker.pkg.dev'],
    ['aws', '123456789012.dkr.ecr.us-west-2.amazonaws.com', '<account>.dkr.ecr.us-east-1.amazonaws.com'],
    [
      'aws',
      '123456789012.dkr.ecr.us-east-1.amazonaws.com.example.org',
      '<account>.dkr.ecr.us-east-1.amazonaws.com',
    ],
  ] as const)('%s: %s is out of their reach', (platform, host, reachable) => {
    expect(complaintsAbout(platform, { section: closed, images: private_(host) })).toEqual(
      Object.entries({ 'vllm.0.32.0': `vllm${DIGEST}`, dcgmExporter: 'dcgm:1', nodeExporter: 'node:1' }).map(
        ([key, image]) =>
          `images.${key}: nodes without internet (${platform}.network.nodesReachInternet: false) pull only from ${reachable}, got ${host}/${image}`,
      ),
    );
  });

  test('all that such nodes lack is told at once', () => {
    const said = complaintsAbout('aws', { section: { network: { nodesReachInternet: false } }, images: {} });
    expect(said.map((line) => line.split(': ')[0])).toEqual([
      'aws.weights.bucket',
      'images.vllm.0.32.0',
      'images.dcgmExporter',
      'images.nodeExporter',
    ]);
  });
});

describe('weights', () => {
  test('a bucket is named barely', () => {
    expect(complaintsAbout('google', { section: { weights: { bucket: 'gs://weights' } } })).toEqual([
      "google.weights.bucket: must be a bucket's bare name, 3 to 63 lower-case letters, digits, hyphens and dots, got gs://weights",
    ]);
  });

  test('the token of the model hub is a secret of the environment', () => {
    expect(complaintsAbout('google', { section: { weights: { hubToken: 'keys' } } })).toEqual([]);
    expect(complaintsAbout('google', { section: { weights: { hubToken: 'key' } } })).toEqual([
      'google.weights.hubToken: no secret is named key; did you mean keys? (they are listed under `secrets`)',
    ]);
  });
});

test('an unknown key of a rung gets the nearest one', () => {
  expect(complaintsAbout('google', nodes({ capacity: [{ form: 'spot', count: 1 }] }))).toContain(
    'nodes.capacity.0.form: unknown key; did you mean from? (known: from, reservation, zone, count)',
  );
});
