import type { CloudSection } from './cloud-section.ts';

/** The bucket's folder of the container engine: packages that `fleet weights push` brings, with their manifest. */
export const ENGINE_FOLDER = 'engine';

const DOCKER = 'https://download.docker.com/linux/ubuntu/dists/noble/pool/stable/amd64';
const NVIDIA = 'https://nvidia.github.io/libnvidia-container/stable/deb/amd64';

/**
 * Docker and NVIDIA's container toolkit for Ubuntu 24.04 on amd64: all that its own images lack, as of 2026-11-24. What
 * else the packages depend on (iptables, libseccomp2) is in every server image of Ubuntu. Hashes: the publishers' package
 * indexes, by way of public builds that check them.
 */
export const ENGINE_FILES = [
  {
    path: 'containerd.io_2.2.5-1_ubuntu.24.04_noble_amd64.deb',
    sha256: '759a9fc24e761c965385ff24233e868c8082b7d5f80549ea7525b82defff729a',
    source: `${DOCKER}/containerd.io_2.2.5-1~ubuntu.24.04~noble_amd64.deb`,
  },
  {
    path: 'docker-ce_29.6.0-1_ubuntu.24.04_noble_amd64.deb',
    sha256: '4f07c2989b7a0467925b7c395434978d4884df224144d3664233e03f541469c2',
    source: `${DOCKER}/docker-ce_29.6.0-1~ubuntu.24.04~noble_amd64.deb`,
  },
  {
    path: 'docker-ce-cli_29.6.0-1_ubuntu.24.04_noble_amd64.deb',
    sha256: '90c8f487f844467d9bba75c15b8c4f3abbdfe6bb95af4d1878efcb176d2f3ccc',
    source: `${DOCKER}/docker-ce-cli_29.6.0-1~ubuntu.24.04~noble_amd64.deb`,
  },
  {
    path: 'libnvidia-container-tools_1.19.1-1_amd64.deb',
    sha256: '5642763d51961a2295dff09990048a5dcee81edbea2a8c5084e47b09ccf17268',
    source: `${NVIDIA}/libnvidia-container-tools_1.19.1-1_amd64.deb`,
  },
  {
    path: 'libnvidia-container1_1.19.1-1_amd64.deb',
    sha256: 'd73bb582af893135198ef81cb22135c790a75d2ad72910446477c6c4430f3e6b',
    source: `${NVIDIA}/libnvidia-container1_1.19.1-1_amd64.deb`,
  },
  {
    path: 'nvidia-container-toolkit-base_1.19.1-1_amd64.deb',
    sha256: 'b6c5b4e77a28cde0197cc0e64edf75538604775d9f8aea502cef667e7e5b2132',
    source: `${NVIDIA}/nvidia-container-toolkit-base_1.19.1-1_amd64.deb`,
  },
  {
    path: 'nvidia-container-toolkit_1.19.1-1_amd64.deb',
    sha256: 'e66acb5b33420a8417429cd217abc8400b4a409a2ae17a3852cf6feb34b5c8e6',
    source: `${NVIDIA}/nvidia-container-toolkit_1.19.1-1_amd64.deb`,
  },
] as const;

/** Images that Ubuntu publishes on Google: none of them has a container engine. */
const UBUNTUS = /^projects\/ubuntu-os-(accelerator-images|cloud)\/global\/images\//;
/** What the packages are for. */
const NOBLE = /\/(family\/)?ubuntu-[a-z-]*2404-[a-z-]*amd64/;

/** Whether a machine image comes without container engine, so that the machine installs it when it boots. */
export function lacksEngine(image: string | undefined): boolean {
  return image !== undefined && UBUNTUS.test(image);
}

/** Whether the packages can be installed there. */
export function takesEngine(image: string): boolean {
  return NOBLE.test(image);
}

/** Where machines of an image have their container engine from. */
export type EngineSource = 'image' | 'bucket' | 'publishers';

export function engineSource({ weights }: CloudSection, image: string | undefined): EngineSource {
  if (!lacksEngine(image)) return 'image';
  return weights.bucket === undefined ? 'publishers' : 'bucket';
}
