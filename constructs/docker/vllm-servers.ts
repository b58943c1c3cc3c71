import type { ContainerConfig } from '@cdktf/provider-docker/lib/container/index.js';
import { Image } from '@cdktf/provider-docker/lib/image/index.js';
import type { Volume } from '@cdktf/provider-docker/lib/volume/index.js';
import { Construct } from 'constructs';
import { drainTimes } from '../../contracts/drain.ts';
import { imageOf, type Release, type Server, serversOf } from '../../contracts/release.ts';
import { fixedSettings } from '../../workloads/fixed-settings.ts';
import { vllmArguments, vllmEnvironment } from '../../workloads/vllm-command.ts';
import { FixedRelease } from '../fixed-release.ts';
import type { DockerContext } from './context.ts';
import { type Health, PartContainer } from './part-container.ts';
import { probe } from './probe.ts';
import { simulatorEnvironment } from './simulator.ts';

export interface VllmServersProps {
  readonly context: DockerContext;
  readonly release: Release;
  /** Weights and compiled kernels, shared by all servers of the host. Undefined where servers are simulated. */
  readonly cache: Volume | undefined;
}

/** A real vLLM may have to download and load weights first; the simulator does not. */
const SIMULATOR_START_SECONDS = 30;
const VLLM_START_SECONDS = 1800;
const CACHE_FOLDER = '/var/cache/fleet';
/** Tensor parallel workers exchange data there. A limit, not a reservation. */
const SHARED_MEMORY_MB = 16_384;
const STACK_BYTES = 64 * 1024 * 1024;

/** The servers of one release of own nodes: vLLM, or the simulator with the same command line. */
export class VllmServers extends Construct {
  constructor(scope: Construct, id: string, { context, release, cache }: VllmServersProps) {
    super(scope, id);
    const nodes = release.document.nodes;
    if (nodes === undefined) throw new Error(`${release.model} ${release.name} has no nodes`);
    const engine =
      cache === undefined
        ? simulator(context)
        : vllm(release, pulled(this, imageOf(context.environment, nodes)), cache);
    const containers = serversOf(release, true).map((server) => {
      const part = `vllm-${server.model}-${server.release}-${server.node}-${server.server}`;
      const { port } = server;
      const args = vllmArguments(context.environment, { release, address: '0.0.0.0', port });
      const { resource } = new PartContainer(this, `${server.node}-${server.server}`, {
        context,
        part,
        port,
        stopSeconds: drainTimes(nodes.drain).containerStop,
        health: engine.health(`http://127.0.0.1:${port}/health`),
        config: { ...engine.config(part, server), command: args },
      });
      return resource;
    });
    new FixedRelease(this, {
      release,
      settings: fixedSettings(context.environment, release),
      after: containers,
    });
  }
}

interface Engine {
  health(url: string): Health;
  config(part: string, server: Server): Pick<ContainerConfig, 'image'> & Partial<ContainerConfig>;
}

function simulator(context: DockerContext): Engine {
  return {
    health: (url) => probe(url, SIMULATOR_START_SECONDS),
    config: () => ({
      image: context.services.imageId,
      entrypoint: ['node', '/app/vllm-simulator.mjs'],
      env: simulatorEnvironment(context),
    }),
  };
}

/**
 * vLLM's own image. It runs as the image's user, root without capabilities, and writes where it likes: its
 * libraries compile at run time.
 *
 * GPUs come through NVIDIA's runtime and its own variable (nvidia-container-toolkit must be set up for Docker)
 * and not through `gpus`, which provider 3.6 reads back as "all": every plan would replace the container.
 */
function vllm(release: Release, image: string, cache: Volume): Engine {
  return {
    health: (url) => ({
      command: ['python3', '-c', `import urllib.request; urllib.request.urlopen('${url}', timeout=4)`],
      startSeconds: VLLM_START_SECONDS,
    }),
    config: (part, { gpus }) => ({
      image,
      entrypoint: ['vllm'],
      runtime: 'nvidia',
      env: [
        ...Object.entries(vllmEnvironment(release)).map(([name, value]) => `${name}=${value}`),
        `NVIDIA_VISIBLE_DEVICES=${gpus.join(',')}`,
        'NVIDIA_DRIVER_CAPABILITIES=compute,utility',
        `HF_HOME=${CACHE_FOLDER}/huggingface`,
        `VLLM_CACHE_ROOT=${CACHE_FOLDER}/${part}`,
      ],
      readOnly: false,
      shmSize: SHARED_MEMORY_MB,
      ulimit: [
        { name: 'memlock', soft: -1, hard: -1 },
        { name: 'stack', soft: STACK_BYTES, hard: STACK_BYTES },
      ],
      volumes: [{ volumeName: cache.name, containerPath: CACHE_FOLDER }],
    }),
  };
}

function pulled(scope: Construct, name: string): string {
  return new Image(scope, 'image', { name, keepLocally: true }).imageId;
}
