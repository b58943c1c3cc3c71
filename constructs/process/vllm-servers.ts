import { Construct } from 'constructs';
import { drainTimes } from '../../contracts/drain.ts';
import { type Release, serversOf } from '../../contracts/release.ts';
import { vllmArguments } from '../../workloads/vllm-command.ts';
import type { ProcessContext } from './context.ts';
import { engineCommand } from './engine.ts';
import { ProcessPart } from './process-part.ts';

export interface VllmServersProps {
  readonly context: ProcessContext;
  readonly release: Release;
}

/** A real vLLM may have to load weights first; the simulator does not. */
const START_SECONDS = { simulator: 30, vllm: 1800 } as const;

/** The servers of one release of own nodes: `vllm`, or the simulator with the same command line. */
export class VllmServers extends Construct {
  constructor(scope: Construct, id: string, { context, release }: VllmServersProps) {
    super(scope, id);
    const engine = context.environment.process?.engine ?? 'simulator';
    for (const server of serversOf(release, true)) {
      const { address, port } = context.topology.discovery.address(server);
      new ProcessPart(this, `${server.node}-${server.server}`, {
        context,
        name: `vllm-${server.model}-${server.release}-${server.node}-${server.server}`,
        part: {
          ...engineCommand(
            context,
            engine,
            release,
            vllmArguments(context.environment, { release, address, port }),
          ),
          listens: [{ address, port, key: `models.${server.model}.releases.${server.release}.nodes.port` }],
          ready: { url: `http://${address}:${port}/health`, timeoutSeconds: START_SECONDS[engine] },
          stopSeconds: drainTimes(release.document.nodes?.drain ?? 0).containerStop,
          address: `http://${address}:${port}`,
        },
        programHash: engine === 'simulator' ? context.toolkit.programHash('vllm-simulator') : undefined,
      });
    }
  }
}
