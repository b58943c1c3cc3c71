import { describe, expect, test } from 'vitest';
import { complaintsAbout } from './cloud-support.ts';

describe('machine images on google', () => {
  const NVIDIA = 'projects/ubuntu-os-accelerator-images/global/images';

  test.each([
    ['with an engine to install', `${NVIDIA}/ubuntu-accelerator-2404-amd64-with-nvidia-580-v20261101`],
    ['of a family', `${NVIDIA}/family/ubuntu-accelerator-2404-amd64-with-nvidia-580`],
    ['of your own', 'projects/example/global/images/ubuntu-2204-with-docker'],
    ['that nobody has named yet', `${NVIDIA}/replace-me`],
  ])('%s are right', (_what, nodeImage) => {
    expect(complaintsAbout('google', { section: { nodeImage } })).toEqual([]);
  });

  test.each([
    ['of an older Ubuntu', `${NVIDIA}/ubuntu-accelerator-2204-amd64-with-nvidia-580-v20261101`],
    ['of another architecture', `${NVIDIA}/ubuntu-accelerator-2404-arm64-with-nvidia-580-v20261101`],
  ])('%s would end without a container engine', (_what, nodeImage) => {
    expect(complaintsAbout('google', { section: { nodeImage } })).toEqual([
      `google.nodeImage: has no container engine, and fleet brings one for Ubuntu 24.04 on amd64 alone; take ubuntu-accelerator-2404-amd64-… or an image of your own that has one, got ${nodeImage}`,
    ]);
  });

  test('of routers are held to the same', () => {
    const routerImage = 'projects/ubuntu-os-cloud/global/images/ubuntu-2204-jammy-v20261101';
    expect(complaintsAbout('google', { section: { routerImage } })).toEqual([
      expect.stringMatching(/^google\.routerImage: has no container engine/),
    ]);
  });
});
